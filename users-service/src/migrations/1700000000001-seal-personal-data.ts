import { inBatches } from '@shop/service-kit';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { PersonalData } from '../personal-data/personal-data';

interface PlainUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/**
 * Names, addresses and network addresses become sealed, those that are there too. One transaction: a run that is cut off
 * leaves everything as it was.
 */
export function sealPersonalData(personal: PersonalData): new () => MigrationInterface {
  return class SealPersonalData implements MigrationInterface {
    readonly name = 'SealPersonalData1700000000001';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        ALTER TABLE users ADD email_sealed text, ADD email_index bytea, ADD email_tokens bytea[],
          ADD name_sealed text, ADD name_tokens bytea[]`);
      // As new columns, never the old ones rewritten: what was dropped is left out when the tables are written anew.
      await runner.query("ALTER TABLE audit_records ADD ip_sealed text NOT NULL DEFAULT ''");
      // Sealed network addresses may be sealed anew when keys change; nobody can make one that opens without the key.
      await runner.query(`
        CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'ip_sealed' = to_jsonb(OLD) - 'ip_sealed' THEN
            RETURN NEW;
          END IF;
          RAISE EXCEPTION 'audit records are only ever added';
        END $$`);
      await sealUsers(runner, personal);
      await sealTrail(runner, personal);
      await runner.query('DROP INDEX users_email, users_name_words');
      await runner.query('ALTER TABLE users DROP email, DROP name');
      await runner.query('ALTER TABLE audit_records DROP ip, ALTER ip_sealed DROP DEFAULT');
      await runner.query('DROP FUNCTION name_words');
      await runner.query(`
        ALTER TABLE users ADD CONSTRAINT personal_until_erased CHECK (erased_at IS NOT NULL OR
          num_nulls(email_sealed, email_index, email_tokens, name_sealed, name_tokens) = 0)`);
      await runner.query('CREATE UNIQUE INDEX users_email ON users (email_index)');
      await runner.query('CREATE INDEX users_email_tokens ON users USING gin (email_tokens)');
      await runner.query('CREATE INDEX users_name_tokens ON users USING gin (name_tokens)');
      // Written anew: what was updated or dropped would stay readable in the old files until somebody vacuums.
      await runner.query('CLUSTER users USING users_pkey');
      await runner.query('CLUSTER audit_records USING audit_records_pkey');
    }

    down(): Promise<void> {
      throw new Error('what is sealed is not opened again; restore a backup instead');
    }
  };
}

async function sealUsers(runner: QueryRunner, personal: PersonalData): Promise<void> {
  const next = 'SELECT id, email, name FROM users WHERE id > $1 AND erased_at IS NULL ORDER BY id LIMIT $2';
  await inBatches<PlainUser>(runner, next, async (rows) => {
    const sealed = rows.map(({ id, ...plain }) => ({ id, ...personal.columnsOf(id, plain) }));
    await runner.query(
      `UPDATE users u SET email_sealed = s.email_sealed, email_index = s.email_index, email_tokens = s.email_tokens,
         name_sealed = s.name_sealed, name_tokens = s.name_tokens
       FROM jsonb_to_recordset($1) AS s (id uuid, email_sealed text, email_index bytea, email_tokens bytea[],
         name_sealed text, name_tokens bytea[]) WHERE u.id = s.id`,
      [JSON.stringify(sealed.map(withHex))],
    );
  });
}

async function sealTrail(runner: QueryRunner, personal: PersonalData): Promise<void> {
  const next = `SELECT id, ip FROM audit_records WHERE id > $1 AND ip <> '' ORDER BY id LIMIT $2`;
  await inBatches<{ id: string; ip: string }>(runner, next, async (rows) => {
    await runner.query(
      `UPDATE audit_records a SET ip_sealed = s.ip_sealed
       FROM jsonb_to_recordset($1) AS s (id uuid, ip_sealed text) WHERE a.id = s.id`,
      [JSON.stringify(rows.map(({ id, ip }) => ({ id, ip_sealed: personal.sealIp(ip, id) })))],
    );
  });
}

// As PostgreSQL reads bytes in text.
function withHex(row: object): object {
  const hex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`;
  const written = (value: unknown) =>
    Buffer.isBuffer(value) ? hex(value) : Array.isArray(value) ? (value as Buffer[]).map(hex) : value;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, written(value)]));
}
