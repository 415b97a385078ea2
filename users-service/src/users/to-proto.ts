import type { users } from '@shop/proto';
import type { UserRow } from './user-row';

export function toProto(row: UserRow): users.User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    disabled: row.disabled,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
