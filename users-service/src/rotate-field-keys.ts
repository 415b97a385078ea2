import { inBatches, loadConfig, reseal, runCommand, withDatabase } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { UsersConfig } from './config';
import { usersDatabase } from './database';
import { PersonalData, SEALED_COLUMNS } from './personal-data/personal-data';
import type { StoredUser, UserRow } from './users/user-row';

type IndexedUser = Pick<StoredUser, 'id' | 'email_sealed' | 'email_index' | 'name_sealed'>;
type Person = Pick<UserRow, 'email' | 'name'>;

/** Seals anew what the first FIELD_KEY has not sealed, and indexes anew what BLIND_INDEX_KEY does not find. */
export async function rotateFieldKeys(database: DataSource, personal: PersonalData): Promise<string> {
  const done = [];
  for (const column of SEALED_COLUMNS) done.push(await reseal(database, personal.cipher, column));
  return [...done, `blind indexes: ${await reindex(database, personal)} made anew`].join('; ');
}

async function reindex(database: DataSource, personal: PersonalData): Promise<number> {
  let made = 0;
  const next = `SELECT id, email_sealed, email_index, name_sealed FROM users
    WHERE id > $1 AND erased_at IS NULL ORDER BY id LIMIT $2`;
  await inBatches<IndexedUser>(database, next, async (rows) => {
    for (const row of rows) {
      const person = personal.read(row);
      if (!personal.finds(person, row)) made += await indexAnew(database, personal, { ...row, ...person });
    }
  });
  return made;
}

async function indexAnew(database: DataSource, personal: PersonalData, user: IndexedUser & Person): Promise<number> {
  const { email_index, email_tokens } = personal.emailIndexes(user.email);
  const [, changed] = await database.query<[unknown[], number]>(
    `UPDATE users SET email_index = $4, email_tokens = $5, name_tokens = $6
     WHERE id = $1 AND email_sealed = $2 AND name_sealed = $3`,
    [user.id, user.email_sealed, user.name_sealed, email_index, email_tokens, personal.nameTokens(user.name)],
  );
  return changed;
}

if (require.main === module) {
  const config = loadConfig(UsersConfig);
  runCommand('users-service field keys', () =>
    withDatabase(usersDatabase(config), (database) => rotateFieldKeys(database, new PersonalData(config))),
  );
}
