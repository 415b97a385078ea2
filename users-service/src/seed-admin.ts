import { DomainError, loadConfig, runCommand, withDatabase } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { SeedConfig } from './config';
import { AuditRepository } from './audit/audit.repository';
import { usersDatabase } from './database';
import { BoundedQueue } from './passwords/bounded-queue';
import { Passwords } from './passwords/passwords';
import { PersonalData } from './personal-data/personal-data';
import { recordChanges } from './users/account-changes';
import type { UserRow } from './users/user-row';
import { UsersRepository } from './users/users.repository';

type Outcome = 'created' | 'there already' | 'taken over';
const ONE_AT_A_TIME = 1;
// The trail names the account as the one who acts.
const BY_COMMAND = { by: 'seed-admin' };
const BECAME_ADMIN = { action: 'user.role_changed', details: { to: 'admin', ...BY_COMMAND } };

/**
 * Makes the admin of ADMIN_EMAIL and ADMIN_PASSWORD. An admin who is there keeps the password; an ordinary account of that
 * address gets the new one, as anybody may have registered it.
 */
export async function seedAdmin(database: DataSource, config: SeedConfig): Promise<Outcome> {
  const personal = new PersonalData(config);
  const users = new UsersRepository(database, personal);
  const present = await users.findByEmail(config.ADMIN_EMAIL);
  if (present?.role === 'admin') return 'there already';
  const passwordHash = await new Passwords(config, new BoundedQueue(ONE_AT_A_TIME)).hash(config.ADMIN_PASSWORD);
  const seeding = { database, users, audit: new AuditRepository(database, personal), passwordHash };
  return present ? takeOver(seeding, present) : create(seeding, config.ADMIN_EMAIL);
}

interface Seeding {
  readonly database: DataSource;
  readonly users: UsersRepository;
  readonly audit: AuditRepository;
  readonly passwordHash: string;
}

async function create({ database, users, audit, passwordHash }: Seeding, email: string): Promise<Outcome> {
  await database.transaction(async (transaction) => {
    const admin = { email, name: 'Administrator', password_hash: passwordHash, role: 'admin' as const };
    const { id, updated_at: at } = await users.insert(transaction, admin);
    const acts = [{ action: 'user.registered', details: BY_COMMAND }, BECAME_ADMIN];
    await recordChanges(transaction, audit, [{ userId: id, at, acts, event: { type: 'user.registered' } }]);
  });
  return 'created';
}

async function takeOver({ database, users, audit, passwordHash }: Seeding, { id }: UserRow): Promise<Outcome> {
  await database.transaction(async (transaction) => {
    const changes = { role: 'admin' as const, disabled: false, password_hash: passwordHash };
    const changed = await users.update(transaction, { id }, changes);
    if (!changed) throw new Error('the account was erased meanwhile');
    const of = { userId: id, at: changed.updated_at };
    const data = { passwordChanged: true, disabled: false };
    const acts = [BECAME_ADMIN, { action: 'user.password_changed', details: BY_COMMAND }];
    await recordChanges(transaction, audit, [
      { ...of, acts, event: { type: 'user.updated', data } },
      { ...of, acts: [], event: { type: 'user.role_changed', data: { role: 'admin' } } },
    ]);
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
