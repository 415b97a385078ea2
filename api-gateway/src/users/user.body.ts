import { ApiProperty } from '@nestjs/swagger';
import type { users } from '@shop/proto';

export class UserBody {
  @ApiProperty({ example: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11' })
  id: string;

  @ApiProperty({ example: 'ada@example.com' })
  email: string;

  @ApiProperty({ example: 'Ada Lovelace' })
  name: string;

  @ApiProperty({ enum: ['customer', 'admin'] })
  role: string;

  @ApiProperty()
  disabled: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

/** Named field by field, so that a new field of the contract is not public by accident. */
export function toUserBody({ id, email, name, role, disabled, createdAt, updatedAt }: users.User): UserBody {
  return { id, email, name, role, disabled, createdAt, updatedAt };
}
