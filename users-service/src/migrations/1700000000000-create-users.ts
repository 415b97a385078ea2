import { OUTBOX_MIGRATION_SQL } from '@shop/service-kit';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateUsers1700000000000 implements MigrationInterface {
  readonly name = 'CreateUsers1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        email text NOT NULL,
        name text NOT NULL,
        password_hash text NOT NULL,
        role text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'admin')),
        disabled boolean NOT NULL DEFAULT false,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        erased_at timestamptz(3)
      )`);
    await runner.query('CREATE UNIQUE INDEX users_email ON users (lower(email) text_pattern_ops)');
    await runner.query('CREATE INDEX users_newest ON users (created_at DESC, id DESC) WHERE erased_at IS NULL');
    // A vector of the name's own words, so that a prefix of any of them is found through an index.
    await runner.query(String.raw`
      CREATE FUNCTION name_words(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
      RETURN array_to_tsvector(array_remove(regexp_split_to_array(lower(name), '\s+'), ''))`);
    await runner.query('CREATE INDEX users_name_words ON users USING gin (name_words(name)) WHERE erased_at IS NULL');
    await runner.query(`
      CREATE TABLE audit_records (
        id uuid PRIMARY KEY,
        at timestamptz(3) NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        target text NOT NULL,
        ip text NOT NULL,
        request_id text NOT NULL,
        details jsonb NOT NULL
      )`);
    await runner.query('CREATE INDEX audit_newest ON audit_records (at DESC, id DESC)');
    await runner.query('CREATE INDEX audit_by_actor ON audit_records (actor, at DESC, id DESC)');
    await runner.query('CREATE INDEX audit_by_action ON audit_records (action, at DESC, id DESC)');
    // No query of the app, nor a stray one of an operator, rewrites history; only an erased user's network addresses may be forgotten.
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND NEW.ip = '' AND to_jsonb(NEW) - 'ip' = to_jsonb(OLD) - 'ip' THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'audit records are only ever added';
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_records
      FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()`);
    await runner.query(OUTBOX_MIGRATION_SQL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE outbox, audit_records, users');
    await runner.query('DROP FUNCTION refuse_audit_change, name_words');
  }
}
