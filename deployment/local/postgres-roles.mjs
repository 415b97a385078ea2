import { requireFrom } from './workspace.mjs';

/**
 * A database with three roles, whose passwords are made the given ones: `<name>_owner` has the tables and changes them,
 * `<name>` works with the rows, `backup` reads. Repeatable, and takes over a database that `<name>` owned itself.
 */
export async function ensureDatabase(superuserUrl, name, passwords) {
  const owner = `${name}_owner`;
  await query(superuserUrl, async (ask) => {
    await ensureRole(ask, owner, passwords.owner);
    await ensureRole(ask, name, passwords.runtime);
    await ensureRole(ask, 'backup', passwords.backup);
    const databases = await ask('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!databases.length) await ask(`CREATE DATABASE ${name} OWNER ${owner}`);
    await ask(`ALTER DATABASE ${name} OWNER TO ${owner}`);
    await ask(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
    await ask(`GRANT CONNECT ON DATABASE ${name} TO ${name}, backup`);
    await ask('GRANT pg_read_all_data TO backup');
  });
  const inside = new URL(superuserUrl);
  inside.pathname = `/${name}`;
  await query(inside.toString(), (ask) => grantRows(ask, name, owner));
}

/** The same address for another role, or a database of another name. */
export function addressFor(url, user, password, database = new URL(url).pathname.slice(1)) {
  const address = new URL(url);
  Object.assign(address, { username: user, password, pathname: `/${database}` });
  return address.toString();
}

/** Asks one question on a connection of its own. */
export function ask(connectionString, text, values) {
  return query(connectionString, (question) => question(text, values));
}

// Names are ours and passwords are hexadecimal: nothing to quote.
async function ensureRole(ask, name, password) {
  const found = await ask('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  await ask(`${found.length ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${password}'`);
}

// Sent as one, and so done as one: an app that is at work never finds itself without rights.
async function grantRows(ask, name, owner) {
  const rows = 'SELECT, INSERT, UPDATE, DELETE';
  const later = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA public GRANT`;
  const statements = [
    `REASSIGN OWNED BY ${name} TO ${owner}`,
    'REVOKE ALL ON SCHEMA public FROM PUBLIC',
    `REVOKE ALL ON SCHEMA public FROM ${name}`,
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${name}`,
    `GRANT ALL ON SCHEMA public TO ${owner}`,
    `GRANT USAGE ON SCHEMA public TO ${name}, backup`,
    `GRANT ${rows} ON ALL TABLES IN SCHEMA public TO ${name}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${name}`,
    `${later} ${rows} ON TABLES TO ${name}`,
    `${later} USAGE ON SEQUENCES TO ${name}`,
  ];
  await ask(statements.join('; '));
}

async function query(connectionString, work) {
  const { Client } = requireFrom('users-service', 'pg');
  const client = new Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(async (text, values) => (await client.query(text, values)).rows);
  } finally {
    await client.end();
  }
}
