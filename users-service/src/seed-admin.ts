import { DomainError, loadConfig, runCommand, withDatabase } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { SeedConfig } from './config';
import { usersDatabase } from './database';
import { BoundedQueue } from './passwords/bounded-queue';
import { Passwords } from './passwords/passwords';
import { PersonalData } from './personal-data/personal-data';
import { recordChange } from './users/account-changes';
import type { UserRow } from './users/user-row';
import { UsersRepository } from './users/users.repository';

type Outcome = 'created' | 'there already' | 'taken over';
const ONE_AT_A_TIME = 1;

/**
 * Makes the admin of ADMIN_EMAIL and ADMIN_PASSWORD. An admin who is there keeps the password; an ordinary account of that
 * address gets the new one, as anybody may have registered it.
 */
export async function seedAdmin(database: DataSource, config: SeedConfig): Promise<Outcome> {
  const users = new UsersRepository(database, new PersonalData(config));
  const present = await users.findByEmail(config.ADMIN_EMAIL);
  if (present?.role === 'admin') return 'there already';
  const passwordHash = await new Passwords(config, new BoundedQueue(ONE_AT_A_TIME)).hash(config.ADMIN_PASSWORD);
  const seeding = { database, users, passwordHash };
  return present ? takeOver(seeding, present) : create(seeding, config.ADMIN_EMAIL);
}

interface Seeding {
  readonly database: DataSource;
  readonly users: UsersRepository;
  readonly passwordHash: string;
}

async function create({ database, users, passwordHash }: Seeding, email: string): Promise<Outcome> {
  await database.transaction(async (transaction) => {
    const admin = { email, name: 'Administrator', password_hash: passwordHash, role: 'admin' as const };
    const { id, updated_at: at } = await users.insert(transaction, admin);
    await recordChange(transaction, {
      userId: id,
      at,
      actions: ['user.registered', 'user.role_changed'],
      event: { type: 'user.registered' },
    });
  });
  return 'created';
}

async function takeOver({ database, users, passwordHash }: Seeding, { id }: UserRow): Promise<Outcome> {
  await database.transaction(async (transaction) => {
    const changes = { role: 'admin' as const, disabled: false, password_hash: passwordHash };
    const changed = await users.update(transaction, { id }, changes);
    if (!changed) throw new Error('the account was erased meanwhile');
    const at = changed.updated_at;
    const data = { passwordChanged: true, disabled: false };
    const actions = ['user.role_changed', 'user.password_changed'];
    await recordChange(transaction, { userId: id, at, actions, event: { type: 'user.updated', data } });
    const event = { type: 'user.role_changed', data: { role: 'admin' } };
    await recordChange(transaction, { userId: id, at, actions: [], event });
  });
  return 'taken over';
}

function seed(): Promise<string> {
  const config = loadConfig(SeedConfig);
  return withDatabase(usersDatabase(config), (database) => seedAdmin(database, config)).catch((error: unknown) => {
    throw error instanceof DomainError && error.fields
      ? new Error(`ADMIN_PASSWORD: ${error.fields[0]?.message}`)
      : error;
  });
}

if (require.main === module) runCommand('users-service admin', seed);
