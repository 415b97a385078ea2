import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RememberDrift1700000000004 implements MigrationInterface {
  readonly name = 'RememberDrift1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX orders_by_change ON orders (updated_at, id)');
    await runner.query(`
      CREATE TABLE drifts (
        subject text NOT NULL,
        kind text NOT NULL,
        detail text NOT NULL,
        since timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (subject, kind)
      )`);
    // One row, which a replica takes for a round: who finds it taken leaves the round to the other.
    await runner.query(`
      CREATE TABLE reconciliation (
        id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        next_at timestamptz NOT NULL DEFAULT now(),
        looked_until timestamptz(3) NOT NULL DEFAULT now(),
        ended_at timestamptz(3)
      )`);
    await runner.query('INSERT INTO reconciliation DEFAULT VALUES');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE reconciliation, drifts');
    await runner.query('DROP INDEX orders_by_change');
  }
}
