const COUNTED = [
  ['orders/orders', 'orders'],
  ['users/users', 'users'],
  ['products/products', 'products'],
  ['sessions/redis', 'keys of sessions'],
];

/** What is in a backup, for people. */
export function summaryOf(parts) {
  const rows = new Map(parts.map((part) => [part.name, part.rows]));
  return COUNTED.map(([name, title]) => `${rows.get(name) ?? 0} ${title}`).join(', ');
}
