import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScratchDatabase, type ScratchDatabase, storeSetting } from '@shop/service-kit/testing';
import { type Connection, createConnection } from 'mongoose';
import { DataSource, type QueryRunner } from 'typeorm';

const SCHEMAS = {
  orders: `
    CREATE TABLE orders (
      id uuid PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY, user_id text NOT NULL, status text NOT NULL,
      items jsonb NOT NULL, shipping_address_sealed text);
    CREATE TABLE attempts (id uuid PRIMARY KEY, order_id uuid NOT NULL REFERENCES orders (id));
    CREATE TABLE erased_users (user_id text PRIMARY KEY, erased_at timestamptz NOT NULL DEFAULT now())`,
  users: `
    CREATE TABLE users (id uuid PRIMARY KEY, name text, tokens bytea[], erased_at timestamptz)`,
};

export type DatabaseName = keyof typeof SCHEMAS;

/** Stores with little in them, of the shape that backups know of: users, orders, products and their stock. */
export class SmallShop {
  private constructor(
    readonly orders: ScratchDatabase,
    readonly users: ScratchDatabase,
    readonly products: Connection,
    private readonly mongodbUri: string,
    readonly folder: string,
  ) {}

  /** `migrations` is how many each schema has had. */
  static async open(migrations = 1): Promise<SmallShop> {
    const open = (name: DatabaseName) =>
      createScratchDatabase(`backup_${name}`, (at) => database(name, at.DATABASE_URL, migrations));
    const uri = new URL(storeSetting('TEST_MONGODB_URI'));
    uri.pathname = `/backup_test_${randomUUID().slice(0, 8)}`;
    const [orders, users, products] = await Promise.all([
      open('orders'),
      open('users'),
      createConnection(uri.toString()).asPromise(),
    ]);
    return new SmallShop(orders, users, products, uri.toString(), mkdtempSync(join(tmpdir(), 'shop-backups-')));
  }

  async close(): Promise<void> {
    await this.products.dropDatabase();
    await Promise.all([this.products.close(), this.orders.drop(), this.users.drop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a container of the backup is given. */
  env(changes: Record<string, string | undefined> = {}): NodeJS.ProcessEnv {
    const authority = join(storeSetting('TEST_TLS_DIR'), 'ca.crt');
    return {
      PATH: process.env.PATH,
      USERS_DATABASE_URL: this.users.url,
      ORDERS_DATABASE_URL: this.orders.url,
      MONGODB_URI: this.mongodbUri,
      REDIS_HOST: storeSetting('TEST_REDIS_HOST'),
      REDIS_PORT: storeSetting('TEST_REDIS_PORT'),
      REDIS_TLS: 'true',
      REDIS_CA_FILE: authority,
      REDIS_USERNAME: 'operator',
      REDIS_PASSWORD: storeSetting('TEST_REDIS_OPERATOR_PASSWORD'),
      RABBITMQ_URL: storeSetting('TEST_RABBITMQ_URL'),
      RABBITMQ_CA_FILE: authority,
      ...changes,
    };
  }

  async hasOrder(
    status: string,
    lines: Record<string, number>,
    more: { userId?: string; address?: string } = {},
  ): Promise<string> {
    const id = randomUUID();
    const items = Object.entries(lines).map(([productId, quantity]) => ({ productId, quantity }));
    await this.orders.database.query(
      'INSERT INTO orders (id, user_id, status, items, shipping_address_sealed) VALUES ($1, $2, $3, $4, $5)',
      [id, more.userId ?? randomUUID(), status, JSON.stringify(items), more.address ?? null],
    );
    return id;
  }

  async hasUser(user: { name?: string; tokens?: Buffer[]; erased?: boolean } = {}): Promise<string> {
    const id = randomUUID();
    const values = [id, user.name ?? null, user.tokens ?? null, user.erased ? new Date() : null];
    await this.users.database.query('INSERT INTO users (id, name, tokens, erased_at) VALUES ($1, $2, $3, $4)', values);
    return id;
  }

  async hasProduct(adjusted: number, stock: object = {}): Promise<string> {
    const _id = randomUUID() as never;
    await this.products
      .collection('products')
      .insertOne({ _id, name: 'Lantern', createdAt: new Date(0), stockVersion: 3 });
    const base = { available: adjusted, reserved: 0, sold: 0, adjusted, v: 3, dirty: false, marked: false };
    await this.products.collection('stock').insertOne({ _id, ...base, marks: [], adjustments: [], ...stock });
    return _id;
  }

  stockOf(productId: string): Promise<any> {
    return this.products.collection('stock').findOne({ _id: productId as never });
  }

  recordOf(orderId: string): Promise<any> {
    return this.products.collection('stock_orders').findOne({ _id: orderId as never });
  }
}

function database(name: DatabaseName, url: string, migrations: number): DataSource {
  const made = Array.from({ length: migrations }, (_, index) => migration(name, index));
  return new DataSource({ type: 'postgres', url, migrations: made });
}

function migration(
  name: DatabaseName,
  index: number,
): new () => { name: string; up: (runner: QueryRunner) => Promise<void>; down: () => Promise<void> } {
  return class {
    readonly name = `Step170000000000${index}`;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(index === 0 ? SCHEMAS[name] : `ALTER TABLE ${name} ADD later_${index} text`);
    }

    async down(): Promise<void> {}
  };
}
