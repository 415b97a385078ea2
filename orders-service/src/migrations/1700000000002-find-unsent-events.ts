import type { MigrationInterface, QueryRunner } from 'typeorm';

export class FindUnsentEvents1700000000002 implements MigrationInterface {
  readonly name = 'FindUnsentEvents1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX outbox_unsent_of ON outbox (subject) WHERE published_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX outbox_unsent_of');
  }
}
