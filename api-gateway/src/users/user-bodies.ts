import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { users } from '@shop/proto';
import { PageBody } from '../http/list-body';

@ApiSchema({ name: 'User', description: 'An account' })
export class UserBody {
  @ApiProperty({ example: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11' })
  id: string;

  @ApiProperty({ example: 'ada@example.com' })
  email: string;

  @ApiProperty({ example: 'Ada Lovelace' })
  name: string;

  @ApiProperty({ enum: ['customer', 'admin'], example: 'customer' })
  role: string;

  @ApiProperty({ example: false, description: 'Shut out: cannot sign in' })
  disabled: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  updatedAt: string;
}

@ApiSchema({ name: 'UserList', description: 'One page of users' })
export class UserListBody extends PageBody {
  @ApiProperty({ type: [UserBody] })
  items: UserBody[];
}

/** Named field by field, so that a new field of the contract is not public by accident. */
export function toUserBody({ id, email, name, role, disabled, createdAt, updatedAt }: users.User): UserBody {
  return { id, email, name, role, disabled, createdAt, updatedAt };
}
