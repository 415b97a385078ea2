import { pagesOf } from './postgres.mjs';

/** The users are of a later moment than the orders: whoever was erased in between is erased from the orders, too. */
export async function eraseFromOrders(users, orders) {
  await Promise.all([users.query('BEGIN'), orders.query('BEGIN')]);
  for await (const page of pagesOf(users, 'SELECT id::text, erased_at FROM users WHERE erased_at IS NOT NULL')) {
    const erased = [page.map(({ id }) => id), page.map(({ erased_at }) => erased_at)];
    await orders.query(
      `INSERT INTO erased_users (user_id, erased_at) SELECT * FROM unnest($1::text[], $2::timestamptz[]) ON CONFLICT DO NOTHING`,
      erased,
    );
    await orders.query(
      'UPDATE orders SET shipping_address_sealed = NULL WHERE user_id = ANY($1) AND shipping_address_sealed IS NOT NULL',
      [erased[0]],
    );
  }
  await Promise.all([users.query('COMMIT'), orders.query('COMMIT')]);
}
