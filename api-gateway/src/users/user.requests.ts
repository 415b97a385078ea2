import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, Length, ValidateIf } from 'class-validator';
import { ListQueryDto } from '../http/list-query';

// Absent is fine, null is not: it would mean "make it nothing".
const IfGiven = () => ValidateIf((_object, value) => value !== undefined);

export class UpdateProfileDto {
  @ApiPropertyOptional()
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  name?: string;

  @ApiPropertyOptional()
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  email?: string;

  @ApiPropertyOptional()
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  password?: string;

  @ApiPropertyOptional({ description: 'Needed for a new email or password' })
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  currentPassword?: string;
}

export class EraseMeDto {
  @ApiProperty()
  @IsString()
  @Length(1, 1000)
  currentPassword: string;
}

export class SetAccessDto {
  @ApiPropertyOptional({ enum: ['customer', 'admin'] })
  @IfGiven()
  @IsIn(['customer', 'admin'])
  role?: 'customer' | 'admin';

  @ApiPropertyOptional()
  @IfGiven()
  @IsBoolean()
  disabled?: boolean;
}

export class UserQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ description: 'The start of an address or of a word of a name' })
  @IsOptional()
  @IsString()
  @Length(1, 254)
  search?: string;
}
