import { OUTBOX_MIGRATION_SQL } from '@shop/service-kit';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1700000000000 implements MigrationInterface {
  readonly name = 'CreateOrders1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE orders (
        id uuid PRIMARY KEY,
        number bigint GENERATED ALWAYS AS IDENTITY,
        user_id text NOT NULL,
        status text NOT NULL CHECK (status IN
          ('PENDING', 'RESERVED', 'PAYING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'FAILED', 'CANCELLED')),
        items jsonb NOT NULL,
        total_amount bigint NOT NULL CHECK (total_amount > 0),
        currency text NOT NULL,
        payment_provider text NOT NULL,
        payment_method text NOT NULL,
        shipping_address jsonb,
        history jsonb NOT NULL,
        failure jsonb,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        stock_asked_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz
      )`);
    await runner.query('CREATE INDEX orders_newest ON orders (created_at DESC, id DESC)');
    await runner.query('CREATE INDEX orders_by_status ON orders (status, created_at DESC, id DESC)');
    await runner.query('CREATE INDEX orders_by_user ON orders (user_id, created_at DESC, id DESC)');
    await runner.query(`CREATE INDEX orders_unfinished ON orders (updated_at) WHERE status IN ('PENDING', 'RESERVED')`);
    await runner.query(`
      CREATE TABLE payment_attempts (
        id uuid PRIMARY KEY,
        order_id uuid NOT NULL REFERENCES orders (id),
        status text NOT NULL CHECK (status IN ('STARTED', 'UNKNOWN', 'CAPTURED', 'DECLINED')),
        amount bigint NOT NULL,
        reference text,
        tries integer NOT NULL DEFAULT 1,
        touched_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(
      `CREATE UNIQUE INDEX one_live_attempt ON payment_attempts (order_id) WHERE status IN ('STARTED', 'UNKNOWN', 'CAPTURED')`,
    );
    await runner.query('CREATE INDEX attempts_by_order ON payment_attempts (order_id)');
    await runner.query(
      `CREATE INDEX attempts_unfinished ON payment_attempts (touched_at) WHERE status IN ('STARTED', 'UNKNOWN')`,
    );
    await runner.query(`
      CREATE TABLE refunds (
        id uuid PRIMARY KEY,
        order_id uuid NOT NULL REFERENCES orders (id),
        attempt_id uuid NOT NULL UNIQUE REFERENCES payment_attempts (id),
        amount bigint NOT NULL,
        done_at timestamptz,
        next_try_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX refunds_by_order ON refunds (order_id)');
    await runner.query('CREATE INDEX refunds_unfinished ON refunds (next_try_at) WHERE done_at IS NULL');
    await runner.query(`
      CREATE TABLE idempotency_keys (
        user_id text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        order_id uuid NOT NULL UNIQUE REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
        response jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (user_id, key)
      )`);
    await runner.query('CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)');
    await runner.query(`
      CREATE TABLE simulated_payments (
        key uuid PRIMARY KEY,
        amount bigint NOT NULL,
        currency text NOT NULL,
        outcome text NOT NULL CHECK (outcome IN ('captured', 'declined', 'voided')),
        reference text NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE simulated_refunds (
        key uuid PRIMARY KEY,
        reference text NOT NULL,
        amount bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(OUTBOX_MIGRATION_SQL);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE outbox, simulated_refunds, simulated_payments, idempotency_keys, refunds, payment_attempts, orders',
    );
  }
}
