import { cpus } from 'node:os';
import { readUsersConfig } from './config';
import { usersDatabase } from './database';
import { BoundedQueue } from './passwords/bounded-queue';
import { Passwords } from './passwords/passwords';

/** Creates the admin of ADMIN_EMAIL and ADMIN_PASSWORD, unless the address has an account already. */
async function seedAdmin(): Promise<void> {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
  if (!email || !password) throw new Error('ADMIN_EMAIL and ADMIN_PASSWORD must be set');
  const config = readUsersConfig();
  const database = await usersDatabase(config).initialize();
  const hash = await new Passwords(config, new BoundedQueue(cpus().length, 1)).hash(password);
  await database.query(
    `INSERT INTO users (email, name, password_hash, role) VALUES ($1, 'Administrator', $2, 'admin')
     ON CONFLICT (lower(email) text_pattern_ops) DO NOTHING`,
    [email.trim(), hash],
  );
  await database.destroy();
}

seedAdmin().catch((error: unknown) => {
  process.stderr.write(
    `users-service cannot seed the admin: ${error instanceof Error ? error.message : 'unknown error'}\n`,
  );
  process.exit(1);
});
