import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { EMAIL_ADDRESS, NAME, NEW_PASSWORD, PASSWORD } from './account-rules';
import { ListQueryDto } from '../http/list-query';
import { IfGiven, Line } from '../http/request-rules';

const ROLES = ['customer', 'admin'];

/* Shapes only: what a good password or address is, users-service decides. */

@ApiSchema({ name: 'ProfileChange', description: 'What is left out stays as it is' })
export class UpdateMeDto {
  @ApiPropertyOptional({ ...NAME, example: 'Ada Lovelace' })
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  name?: string;

  @ApiPropertyOptional({ ...EMAIL_ADDRESS, example: 'ada@example.com' })
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  email?: string;

  @ApiPropertyOptional({ ...NEW_PASSWORD, example: 'a new and longer secret' })
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  password?: string;

  @ApiPropertyOptional({
    ...PASSWORD,
    description: 'Needed for a new email or password',
    example: 'correct horse battery',
  })
  @IfGiven()
  @IsString()
  @Length(1, 1000)
  currentPassword?: string;
}

@ApiSchema({ name: 'Erasure', description: 'Proof that it is the owner who asks' })
export class EraseMeDto {
  @ApiProperty({ ...PASSWORD, example: 'correct horse battery' })
  @IsString()
  @Length(1, 1000)
  currentPassword: string;
}

@ApiSchema({ name: 'AccessChange', description: 'One of the two at least' })
export class SetAccessDto {
  @ApiPropertyOptional({ enum: ROLES, example: 'admin' })
  @IfGiven()
  @IsIn(ROLES)
  role?: 'customer' | 'admin';

  @ApiPropertyOptional({ example: true })
  @IfGiven()
  @IsBoolean()
  disabled?: boolean;
}

export class UserQueryDto extends ListQueryDto {
  @ApiPropertyOptional({
    description: 'The start of an address or of a word of a name',
  })
  @IsOptional()
  @Line(0, 254)
  search?: string;
}
