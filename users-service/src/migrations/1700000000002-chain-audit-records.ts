import type { MigrationInterface, QueryRunner } from 'typeorm';
import { contentOf } from '../audit/audit-chain';

/** Every record gets a number and the hash of what it says and of the hash before it, those that are there too. */
export class ChainAuditRecords1700000000002 implements MigrationInterface {
  readonly name = 'ChainAuditRecords1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    // One row, from the first record on; whoever appends a record holds it until the commit.
    await runner.query(`
      CREATE TABLE audit_head (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        sequence bigint NOT NULL,
        hash bytea NOT NULL
      )`);
    await runner.query('ALTER TABLE audit_records ADD sequence bigint, ADD hash bytea');
    await chainWhatIsThere(runner);
    await runner.query('ALTER TABLE audit_records ALTER sequence SET NOT NULL, ALTER hash SET NOT NULL');
    await runner.query('CREATE UNIQUE INDEX audit_sequence ON audit_records (sequence)');
    await chainWhatComes(runner);
    await guardHead(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TRIGGER audit_chain ON audit_records');
    await runner.query('DROP TABLE audit_head');
    await runner.query('DROP FUNCTION chain_audit_record, refuse_head_change');
    await runner.query('ALTER TABLE audit_records DROP sequence, DROP hash');
  }
}

async function chainWhatIsThere(runner: QueryRunner): Promise<void> {
  await runner.query('ALTER TABLE audit_records DISABLE TRIGGER audit_append_only');
  await runner.query(`
    DO $$
    DECLARE
      each audit_records;
      previous bytea := '';
      number bigint := 0;
    BEGIN
      FOR each IN SELECT * FROM audit_records ORDER BY at, id LOOP
        number := number + 1;
        each.sequence := number;
        previous := sha256(previous || convert_to(${contentOf('each')}, 'UTF8'));
        UPDATE audit_records SET sequence = number, hash = previous WHERE id = each.id;
      END LOOP;
      IF number > 0 THEN
        INSERT INTO audit_head (sequence, hash) VALUES (number, previous);
      END IF;
    END $$`);
  await runner.query('ALTER TABLE audit_records ENABLE TRIGGER audit_append_only');
}

// As the tables' owner, whatever the app may do; under a search path of its own, so that nobody puts another table in the way.
async function chainWhatComes(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION chain_audit_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    DECLARE
      head audit_head;
    BEGIN
      SELECT * INTO head FROM audit_head FOR UPDATE;
      IF NOT FOUND THEN
        INSERT INTO audit_head (sequence, hash) VALUES (0, '') ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM audit_head FOR UPDATE;
      END IF;
      -- Here, and not by ON CONFLICT, which comes too late: the number would have been used.
      IF EXISTS (SELECT FROM audit_records WHERE id = NEW.id) THEN
        RETURN NULL;
      END IF;
      NEW.sequence := head.sequence + 1;
      NEW.hash := sha256(head.hash || convert_to(${contentOf('NEW')}, 'UTF8'));
      UPDATE audit_head SET sequence = NEW.sequence, hash = NEW.hash;
      RETURN NEW;
    END $$`);
  // Else it could be hung on a table of somebody's own.
  await runner.query('REVOKE EXECUTE ON FUNCTION chain_audit_record FROM PUBLIC');
  await runner.query(`
    CREATE TRIGGER audit_chain BEFORE INSERT ON audit_records
    FOR EACH ROW EXECUTE FUNCTION chain_audit_record()`);
}

async function guardHead(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION refuse_head_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
      IF current_user <> (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
        RAISE EXCEPTION 'the head of the audit trail moves with its records only';
      END IF;
      RETURN NULL;
    END $$`);
  await runner.query(`
    CREATE TRIGGER audit_head_follows BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_head_change()`);
}
