// Makes the accounts and databases of the apps in the stores. It is run at every start, and changes nothing that is right already.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUsers, becomePrimary, withAdmin } from '../local/mongodb.mjs';
import { ensureDatabase } from '../local/postgres-roles.mjs';
import { mongodbUri, OWN, postgresUrl } from './addresses.mjs';

const PATIENCE_MS = 60_000;
const RETRY_MS = 500;
const secrets = Object.fromEntries(
  readdirSync(OWN).map((name) => [name, readFileSync(join(OWN, name), 'utf8').trim()]),
);

await Promise.all([prepareDatabase('users'), prepareDatabase('orders'), prepareMongodb()]);

async function prepareDatabase(name) {
  const password = (role) => secrets[`postgres-${name}${role}`];
  const superuser = { role: 'postgres', password: password('-superuser'), database: 'postgres' };
  const passwords = { owner: password('-owner'), runtime: password(''), backup: password('-backup') };
  await withPatience(() => ensureDatabase(postgresUrl(name, superuser), name, passwords));
  console.log(`postgres-${name}: the database and its roles are there`);
}

async function prepareMongodb() {
  const uri = mongodbUri({ user: 'root', password: secrets['mongodb-root'], database: 'admin' });
  await withPatience(() =>
    withAdmin(uri, async (admin) => {
      await becomePrimary(admin, 'mongodb:27017');
      await createUsers(admin, secrets);
    }),
  );
  console.log('mongodb: the replica set and its users are there');
}

// A store may answer its health check a moment before it takes everybody in.
async function withPatience(work) {
  const giveUpAt = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
