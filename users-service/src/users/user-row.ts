export interface UserRow {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  role: 'customer' | 'admin';
  disabled: boolean;
  created_at: Date;
  updated_at: Date;
}

/** A row as it is kept: nothing in it says who somebody is. */
export interface StoredUser extends Omit<UserRow, 'email' | 'name'> {
  email_sealed: string;
  email_index: Buffer;
  name_sealed: string;
}
