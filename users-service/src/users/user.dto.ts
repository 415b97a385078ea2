import { PageRequestDto } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { Transform, Type } from 'class-transformer';
import { IsBoolean, IsEmail, IsIn, IsOptional, IsString, Length, MaxLength, ValidateNested } from 'class-validator';

const Trimmed = () => Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value));

// Far above what any algorithm takes: the policy is in passwords.ts, this only bounds the work.
const MAX_PASSWORD_LENGTH = 1000;

export class RegisterUserDto implements users.RegisterUserRequest {
  @Trimmed()
  @IsEmail()
  @MaxLength(254)
  email: string;

  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  password: string;

  @Trimmed()
  @IsString()
  @Length(1, 100)
  name: string;
}

export class VerifyCredentialsDto implements users.VerifyCredentialsRequest {
  @IsString()
  @Length(1, 254)
  email: string;

  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  password: string;
}

export class UserIdDto implements users.GetUserRequest {
  @IsString()
  @MaxLength(100)
  id: string;
}

export class ListUsersDto implements users.ListUsersRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;

  @IsString()
  @MaxLength(254)
  search: string;
}

export class UpdateProfileDto extends UserIdDto implements users.UpdateProfileRequest {
  @IsOptional()
  @Trimmed()
  @IsString()
  @Length(1, 100)
  name?: string;

  @IsOptional()
  @Trimmed()
  @IsEmail()
  @MaxLength(254)
  email?: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  password?: string;

  @IsOptional()
  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  currentPassword?: string;
}

export class SetUserAccessDto extends UserIdDto implements users.SetUserAccessRequest {
  @IsOptional()
  @IsIn(['customer', 'admin'])
  role?: 'customer' | 'admin';

  @IsOptional()
  @IsBoolean()
  disabled?: boolean;
}

export class EraseUserDto extends UserIdDto implements users.EraseUserRequest {
  @IsOptional()
  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  currentPassword?: string;
}
