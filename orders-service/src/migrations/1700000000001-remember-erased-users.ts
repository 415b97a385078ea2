import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RememberErasedUsers1700000000001 implements MigrationInterface {
  readonly name = 'RememberErasedUsers1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE erased_users (
        user_id text PRIMARY KEY,
        erased_at timestamptz NOT NULL DEFAULT now()
      )`);
    // VOLATILE: each of its statements sees what was committed before it, so the lock is held when the table is read.
    await runner.query(`
      CREATE FUNCTION unless_erased(of_user text, address jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('erasure of ' || of_user, 0));
        IF EXISTS (SELECT 1 FROM erased_users WHERE user_id = of_user) THEN RETURN NULL; END IF;
        RETURN address;
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION unless_erased');
    await runner.query('DROP TABLE erased_users');
  }
}
