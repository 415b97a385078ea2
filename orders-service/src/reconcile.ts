import { setTimeout as pause } from 'node:timers/promises';
import { Certificates, loadConfig, Logger, ServiceTokens, withDatabase } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';
import { OrdersRepository } from './orders/orders.repository';
import { SealedAddresses } from './orders/sealed-address';
import { AttemptsRepository } from './payments/attempts.repository';
import { choosePaymentProvider } from './payments/choose-payment-provider';
import { ProductsClient } from './products/products.client';
import { ComparedOrders } from './reconciliation/compared-orders.repository';
import { DriftsRepository } from './reconciliation/drifts.repository';
import { LedgerDrift } from './reconciliation/ledger-drift';
import { MendDrift } from './reconciliation/mend-drift';
import { type Findings, Reconcile } from './reconciliation/reconcile';
import { reportOf } from './reconciliation/report';

// What was mended has this long to reach whoever it was sent to.
const TAKES_EFFECT_MS = 20_000;
const LOOK_AGAIN_MS = 1000;

const config = loadConfig(OrdersConfig);
const logger = Logger.create('orders-service', 'error');
const certificates = new Certificates(config, logger);
const products = new ProductsClient(
  config,
  certificates,
  new ServiceTokens('orders-service', config.JWT_SERVICE_SECRET),
);

withDatabase(ordersDatabase(config), (database) => reconcile(database, process.argv.includes('--mend')))
  .then((isClean) => (process.exitCode = isClean ? 0 : 1))
  .catch((error: unknown) => {
    process.stderr.write(`could not look: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exitCode = 2;
  })
  .finally(() => {
    products.onApplicationShutdown();
    certificates.onApplicationShutdown();
  });

/** True when nothing drifts, or nothing any more. */
async function reconcile(database: DataSource, mends: boolean): Promise<boolean> {
  const provider = choosePaymentProvider(config, database, logger);
  const looking = new Reconcile(config, new ComparedOrders(database), products, new LedgerDrift(database, provider));
  const known = new DriftsRepository(database);
  const orders = new OrdersRepository(database, new SealedAddresses(config));
  const mending = new MendDrift(orders, new AttemptsRepository(database, orders), provider);
  const look = async () => {
    const findings = await looking.execute({ watched: [] });
    await known.keep(findings, true);
    return findings;
  };
  const first = await look();
  const tried = new Set<string>();
  if (mends) for (const drift of first.drifts) if (await mending.execute(drift)) tried.add(drift.id);
  const last = tried.size > 0 ? await onceMended(look) : first;
  process.stdout.write(reportOf(first, last, tried));
  return last.drifts.length === 0;
}

// What is on its way is not drift: one look that finds none may have come too early, and one that finds some may have begun so.
async function onceMended(look: () => Promise<Findings>): Promise<Findings> {
  const giveUpAt = Date.now() + TAKES_EFFECT_MS;
  for (let clean = 0; ;) {
    await pause(LOOK_AGAIN_MS);
    const findings = await look();
    clean = findings.drifts.length === 0 ? clean + 1 : 0;
    if (clean === 2 || Date.now() > giveUpAt) return findings;
  }
}
