/** What people sign in with, line by line. */
export function logins(secrets, admin) {
  const line = (what, user, password) => `${what}: user ${user}, password ${password}`;
  const postgres = (name) => [
    line(`PostgreSQL, database "${name}", tables and rows`, `${name}_owner`, secrets[`postgres-${name}-owner`]),
    line(`PostgreSQL, database "${name}", reading only`, 'backup', secrets[`postgres-${name}-backup`]),
  ];
  return [
    line("the shop's admin", admin.email, admin.password),
    line('Redis Commander', 'admin', secrets['redis-commander']),
    line('Kibana, in the profile "logging"', 'operator', secrets['kibana-operator']),
    line('RabbitMQ and its management UI', 'operator', secrets['rabbitmq-operator']),
    ...postgres('users'),
    ...postgres('orders'),
    line(
      'MongoDB, database "products", collections and documents',
      'products_owner',
      secrets['mongodb-products-owner'],
    ),
    line('MongoDB, database "products", reading only', 'backup', secrets['mongodb-backup']),
    line('Redis', 'operator', secrets['redis-operator']),
  ];
}
