/** Where a service finds what it was given. */
export const OWN = '/run/secrets';
export const AUTHORITY = `${OWN}/ca.crt`;

/** How a role reaches a database: over TLS, from a server that the authority vouches for. */
export function postgresUrl(name, { role = name, password, database = name }) {
  return `postgresql://${role}:${password}@postgres-${name}:5432/${database}?sslmode=verify-full&sslrootcert=${AUTHORITY}`;
}

export function mongodbUri({ user, password, database = 'products' }) {
  const options = `authSource=admin&directConnection=true&tls=true&tlsCAFile=${AUTHORITY}`;
  return `mongodb://${user}:${password}@mongodb:27017/${database}?${options}`;
}

export function brokerUrl(user, password) {
  return `amqps://${user}:${password}@rabbitmq:5671`;
}
