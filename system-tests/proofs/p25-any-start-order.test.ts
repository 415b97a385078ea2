import { setTimeout as delay } from 'node:timers/promises';
import { eventually, Line } from '@shop/service-kit/testing';
import { AppProcess, type Settings, settingsOf } from '../testing/app-process';
import { anOrderOf } from '../testing/builders';
import { timeOf, withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import type { App, Store, System } from '../testing/system';

const READY_WITHIN_MS = 10_000;
const LISTENING_WITHIN_MS = 60_000;
/** Services are looked for every second while they are away. */
const CALLED_AGAIN_WITHIN_MS = 3000;
const STOCK = 1000;
const STORES: Store[] = ['postgres', 'mongodb', 'redis', 'rabbitmq'];

/** Each of them last once, but PostgreSQL: that one is before and after every other. */
const TELLING_ORDERS: Store[][] = [
  ['redis', 'mongodb', 'postgres', 'rabbitmq'],
  ['rabbitmq', 'postgres', 'redis', 'mongodb'],
  ['postgres', 'rabbitmq', 'mongodb', 'redis'],
];

/** Whose absence keeps an app from being ready. */
const OWN_STORE: Record<App, Store> = {
  'users-service': 'postgres',
  'products-service': 'mongodb',
  'orders-service': 'postgres',
  'api-gateway': 'redis',
};

proof('P25', 'when stores appear after the apps, in any order, then every app is ready soon, without having ended', {
  sizes: {
    ci: { orders: TELLING_ORDERS.slice(0, 1), lateMs: 6000 },
    S: { orders: TELLING_ORDERS, lateMs: 15_000 },
    L: { orders: permutationsOf(STORES), lateMs: 60_000 },
  },
  run: async ({ shop, size, history, figures }) => {
    for (const order of size.orders) {
      const early = await EarlyApps.start(shop.system);
      try {
        for (const store of order) {
          await early.expectNotReadyWithout();
          await delay(size.lateMs / order.length);
          history.note(`${store} appears`);
          await early.open(store);
        }
        const tookMs = await timeOf(() => early.expectWhole(withSlack(READY_WITHIN_MS)));
        const name = 'ready after ms';
        figures[name] = Math.max(tookMs, Number(figures[name] ?? 0));
        const customer = (await shop.customer()).at(early.gateway);
        const productId = await shop.productOnSale(STOCK);
        // Who calls a service that has just become ready may still be waiting until it tries to reach it again.
        await eventually(async () => {
          const order = () => customer.call('POST', '/orders', anOrderOf(productId));
          const { answer } = await history.record('POST /orders', order);
          expect([201, 202]).toContain(answer?.status);
        }, CALLED_AGAIN_WITHIN_MS);
        expect(early.ended()).toEqual([]);
      } finally {
        await early.stop();
      }
    }
  },
});

/** One process of each app, whose stores are there only for others. */
class EarlyApps {
  private readonly opened = new Set<Store>();

  private constructor(
    private readonly lines: Record<Store, Line>,
    private readonly apps: readonly AppProcess[],
  ) {}

  static async start(system: System): Promise<EarlyApps> {
    const { stores } = system.state();
    const lineTo = async (store: Store) => [store, await Line.to(`tcp://127.0.0.1:${stores[store].port}`)] as const;
    const lines = Object.fromEntries(await Promise.all(STORES.map(lineTo))) as Record<Store, Line>;
    const launch = (app: App, more: Settings = {}) =>
      AppProcess.launch(system, app, { ...throughLines(settingsOf(system, app), lines), ...more });
    const users = await launch('users-service');
    const products = await launch('products-service');
    const orders = await launch('orders-service', { PRODUCTS_GRPC_URL: products.grpc });
    const gateway = await launch('api-gateway', {
      USERS_GRPC_URL: users.grpc,
      PRODUCTS_GRPC_URL: products.grpc,
      ORDERS_GRPC_URL: orders.grpc,
    });
    const early = new EarlyApps(lines, [users, products, orders, gateway]);
    try {
      for (const { http } of early.apps) {
        await eventually(async () => (await fetch(`${http}/health/live`)).ok, LISTENING_WITHIN_MS);
      }
    } catch (error) {
      await early.stop();
      throw error;
    }
    return early;
  }

  get gateway(): string {
    return this.apps.at(-1)?.http ?? '';
  }

  async open(store: Store): Promise<void> {
    this.opened.add(store);
    await this.lines[store].open();
  }

  async expectNotReadyWithout(): Promise<void> {
    const without = this.apps.filter(({ app }) => !this.opened.has(OWN_STORE[app]));
    for (const { app, http } of without)
      expect([app, (await fetch(`${http}/health/ready`)).status]).toEqual([app, 503]);
    const withOwn = this.apps.filter(({ app }) => this.opened.has(OWN_STORE[app]));
    const expected = { status: 'ok', rabbitmq: this.opened.has('rabbitmq') ? expect.anything() : DEGRADED };
    for (const { app, http } of withOwn) {
      await eventually(async () => {
        const answer = await fetch(`${http}/health/ready`);
        const { status, details } = (await answer.json()) as { status: string; details: { rabbitmq: object } };
        expect([app, answer.status, { status, rabbitmq: details.rabbitmq }]).toEqual([app, 200, expected]);
      }, withSlack(READY_WITHIN_MS));
    }
  }

  async expectWhole(withinMs: number): Promise<void> {
    await eventually(async () => {
      for (const { http } of this.apps) {
        const answer = await fetch(`${http}/health/ready`);
        const { details } = (await answer.json()) as { details: Record<string, { status: string }> };
        expect(Object.values(details).map(({ status }) => status)).toEqual(Object.keys(details).map(() => 'up'));
      }
    }, withinMs);
  }

  ended(): App[] {
    return this.apps.filter(({ isRunning }) => !isRunning).map(({ app }) => app);
  }

  async stop(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.stop()));
    for (const line of Object.values(this.lines)) line.cut();
  }
}

const DEGRADED = { status: 'down', degraded: true, message: 'not reachable' };

function throughLines(settings: Settings, lines: Record<Store, Line>): Settings {
  const through: Record<string, (value: string) => string> = {
    DATABASE_URL: (value) => lines.postgres.through(value),
    MONGODB_URI: (value) => lines.mongodb.through(value),
    RABBITMQ_URL: (value) => lines.rabbitmq.through(value),
    REDIS_PORT: () => new URL(lines.redis.through('redis://127.0.0.1:1')).port,
  };
  const changed = Object.entries(settings).filter(([name]) => name in through);
  return Object.fromEntries(changed.map(([name, value]) => [name, through[name]?.(value) ?? '']));
}

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutationsOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
