#!/usr/bin/env node
// What `npm run restore` runs, while no app does: docs/operations.md, "Restore".
import { readDotEnv } from '../local/dot-env.mjs';
import { secondsSince, step } from '../local/progress.mjs';
import { readArchive, verifyArchive } from './archive-reader.mjs';
import { backupKey } from './encryption.mjs';
import { eraseFromOrders } from './erased-users.mjs';
import { importCollection } from './mongodb.mjs';
import { restoreOptions } from './options.mjs';
import { withOwnStores } from './own-shop.mjs';
import { importSessions } from './redis.mjs';
import { Refusal, runCommand } from './refusal.mjs';
import { allStoresAreGiven, storeAddresses } from './settings.mjs';
import { makeStockFollowOrders, untouchedStock } from './stock-of-orders.mjs';
import { summaryOf } from './summary.mjs';
import { Targets } from './targets.mjs';

await runCommand(async () => {
  readDotEnv();
  const options = restoreOptions(process.argv.slice(2));
  if (options.help) return console.log(options.helpText);
  if (options.paymentsSince) return withOwnStores(options, (shop) => shop.settlePayments(options.paymentsSince));
  const startedAt = performance.now();
  const key = await backupKey(options.dir, { make: false });
  // All of it, before anything is touched.
  const backup = await step('checking the backup', () => verifyArchive(options.file, key));
  const work = (shop) => restore({ ...options, key, shop }, backup);
  await (allStoresAreGiven() ? work(undefined) : withOwnStores(options, work));
  const { takenAt } = backup.about;
  console.log(
    `restored: ${options.file} as of ${takenAt}, ${summaryOf(backup.parts)}, took ${secondsSince(startedAt)} s`,
  );
  return undefined;
});

async function restore(run, { about }) {
  const targets = await Targets.open(storeAddresses(run.dir, 'restore'));
  try {
    await targets.refuseWhileAppsRun();
    if (!run.replace) await targets.refuseUnlessEmpty();
    await refuseOtherVersions(targets, run.shop, about.databases);
    await step('preparing the schemas', () => prepareSchemas(targets, run.shop, about.databases));
    const restored = await step('bringing back the rows', () => load(targets, run));
    for (const each of restored.short)
      console.log(
        `  ! ${each.units} units of product ${each.productId} are sold that were taken out of the stock meanwhile: count them`,
      );
    run.shop?.migrate();
    const { users, orders } = targets.databases;
    await eraseFromOrders(users.client, orders.client);
    run.shop?.settlePayments(about.takenAt);
    console.log(run.sessions ? `${restored.sessions} keys of sessions are back` : 'Everybody signs in again.');
  } finally {
    await targets.close();
  }
}

/** Everything that can be known to go wrong later is a refusal now. */
async function refuseOtherVersions(targets, shop, databases) {
  for (const [name, { migrations, sealed }] of Object.entries(databases)) {
    shop?.refuseUnknownMigrations(name, migrations);
    shop?.refuseForeignKeys(name, sealed);
    if (shop || same(await targets.databases[name].migrations(), migrations)) continue;
    throw new Refusal(
      `The schema of ${name} is not the backup's: run migrate.js of its service, up to ${migrations.at(-1)}, on an empty database.`,
    );
  }
}

// The schema is the backup's own, so that later migrations change the rows as they did everywhere else.
async function prepareSchemas(targets, shop, databases) {
  if (!shop) return;
  for (const [name, { migrations }] of Object.entries(databases)) {
    const target = targets.databases[name];
    if (same(await target.migrations(), migrations)) continue;
    await target.dropSchema();
    shop.makeSchema(name, migrations.at(-1));
  }
  shop.makeCollections();
}

async function load(targets, { file, key, sessions }) {
  const { orders, users } = targets.databases;
  await targets.empty();
  await orders.begin();
  await users.begin();
  let sessionsBack = 0;
  await readArchive(file, key, async ({ name, about, content }) => {
    const [store, part] = name.split('/');
    if (store === 'sessions')
      sessionsBack = sessions ? await importSessions(targets.redis, content) : await skip(content);
    else if (store === 'products') await loadCollection(targets.products, part, content);
    else await targets.databases[store].load(tableOf(about, store, part), content);
  });
  const short = await makeStockFollowOrders(orders.client, targets.products);
  for (const database of [orders, users]) await database.continueNumbers();
  for (const database of [orders, users]) await database.commit();
  return { short, sessions: sessionsBack };
}

function loadCollection(products, name, content) {
  return importCollection(products, name, { content, change: name === 'stock' ? untouchedStock : undefined });
}

function tableOf(about, store, name) {
  return about.databases[store].tables.find((table) => table.name === name);
}

async function skip(content) {
  for await (const chunk of content) void chunk;
  return 0;
}

function same(some, others) {
  return some.length === others.length && some.every((name, index) => name === others[index]);
}
