import { inBatches } from '@shop/service-kit';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { NewOrder } from '../orders/order-row';
import type { SealedAddresses } from '../orders/sealed-address';

interface PlainOrder {
  readonly id: string;
  readonly address: NewOrder['shippingAddress'];
}

/** Addresses become sealed, those that are there too. One transaction: a run that is cut off leaves everything as it was. */
export function sealAddresses(addresses: SealedAddresses): new () => MigrationInterface {
  return class SealAddresses implements MigrationInterface {
    readonly name = 'SealAddresses1700000000003';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query('ALTER TABLE orders ADD shipping_address_sealed text');
      const next = `SELECT id, shipping_address AS address FROM orders
        WHERE id > $1 AND shipping_address IS NOT NULL ORDER BY id LIMIT $2`;
      await inBatches<PlainOrder>(runner, next, async (rows) => {
        await runner.query(
          `UPDATE orders o SET shipping_address_sealed = s.sealed
           FROM jsonb_to_recordset($1) AS s (id uuid, sealed text) WHERE o.id = s.id`,
          [JSON.stringify(rows.map(({ id, address }) => ({ id, sealed: addresses.seal(id, address) })))],
        );
      });
      await runner.query('DROP FUNCTION unless_erased');
      await runner.query(`
        CREATE FUNCTION unless_erased(of_user text, address text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtextextended('erasure of ' || of_user, 0));
          IF EXISTS (SELECT 1 FROM erased_users WHERE user_id = of_user) THEN RETURN NULL; END IF;
          RETURN address;
        END $$`);
      await runner.query('ALTER TABLE orders DROP shipping_address');
      // A stored answer gets the address from its order when it is given again.
      await runner.query(`ALTER TABLE idempotency_keys ADD first_answer jsonb`);
      await runner.query(`UPDATE idempotency_keys SET first_answer = response #- '{order,shippingAddress}'`);
      await runner.query('ALTER TABLE idempotency_keys DROP response');
      // Written anew: what was updated or dropped would stay readable in the old files until somebody vacuums.
      await runner.query('CLUSTER orders USING orders_pkey');
      await runner.query('CLUSTER idempotency_keys USING idempotency_keys_pkey');
    }

    down(): Promise<void> {
      throw new Error('what is sealed is not opened again; restore a backup instead');
    }
  };
}
