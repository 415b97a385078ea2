import { Injectable } from '@nestjs/common';
import { EraseUser } from './erase-user';
import { RegisterUser } from './register-user';
import { SetUserAccess } from './set-user-access';
import { UpdateProfile } from './update-profile';
import { VerifyCredentials } from './verify-credentials';

/** The writes of an account, one class each, gathered for the controller. */
@Injectable()
export class UserWrites {
  constructor(
    readonly register: RegisterUser,
    readonly verify: VerifyCredentials,
    readonly updateProfile: UpdateProfile,
    readonly setAccess: SetUserAccess,
    readonly erase: EraseUser,
  ) {}
}
