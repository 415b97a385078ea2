// Makes the accounts and databases of the apps in the stores. It is run at every start, and changes nothing that is right already.
import { readFileSync } from 'node:fs';
import { createUsers, becomePrimary, withAdmin } from '../local/mongodb.mjs';
import { ensureDatabase } from '../local/postgres.mjs';

const PATIENCE_MS = 60_000;
const RETRY_MS = 500;
const NAMES = ['mongodb-root', 'mongodb-products'];

await Promise.all([prepareDatabase('users'), prepareDatabase('orders'), prepareMongodb()]);

async function prepareDatabase(name) {
  const superuserUrl = `postgresql://postgres:${secret(`postgres-${name}-superuser`)}@postgres-${name}:5432/postgres`;
  await withPatience(() => ensureDatabase(superuserUrl, name, secret(`postgres-${name}`)));
  console.log(`postgres-${name}: the database and its owner are there`);
}

async function prepareMongodb() {
  const secrets = Object.fromEntries(NAMES.map((name) => [name, secret(name)]));
  const uri = `mongodb://root:${secrets['mongodb-root']}@mongodb:27017/admin?authSource=admin&directConnection=true`;
  await withPatience(() =>
    withAdmin(uri, async (admin) => {
      await becomePrimary(admin, 'mongodb:27017');
      await createUsers(admin, secrets);
    }),
  );
  console.log('mongodb: the replica set and its user are there');
}

function secret(name) {
  return readFileSync(`/run/secrets/${name}`, 'utf8').trim();
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
