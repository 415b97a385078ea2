import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { PageBody } from '../http/list-body';
import { UserBody } from './user.body';

@ApiSchema({ name: 'UserList', description: 'One page of users' })
export class UserListBody extends PageBody {
  @ApiProperty({ type: [UserBody] })
  items: UserBody[];
}
