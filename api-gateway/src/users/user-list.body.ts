import { ApiProperty } from '@nestjs/swagger';
import { PageBody } from '../http/list-body';
import { UserBody } from './user.body';

export class UserListBody extends PageBody {
  @ApiProperty({ type: [UserBody] })
  items: UserBody[];
}
