import { PageRequestDto, PlainText } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional, IsString, Length, MaxLength, ValidateNested } from 'class-validator';
import { EmailAddress, Trimmed } from '../dto-rules';

// Far above what any algorithm takes: the policy is in passwords.ts, this only bounds the work.
const MAX_PASSWORD_LENGTH = 1000;

export class RegisterUserDto implements users.RegisterUserRequest {
  @EmailAddress()
  email: string;

  @IsString()
  @Length(1, MAX_PASSWORD_LENGTH)
  password: string;

  @Trimmed()
  @PlainText(1, 100)
  name: string;
}

export class VerifyCredentialsDto implements users.VerifyCredentialsRequest {
  @Trimmed()
  @PlainText(1, 254)
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

  @PlainText(0, 254)
  search: string;
}

/** Absent means: stays as it is. */
export class UpdateProfileDto extends UserIdDto implements users.UpdateProfileRequest {
  @IsOptional()
  @Trimmed()
  @PlainText(1, 100)
  name?: string;

  @IsOptional()
  @EmailAddress()
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
