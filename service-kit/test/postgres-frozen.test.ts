import { randomUUID } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { DataSource } from 'typeorm';
import { Health, isStoreAway, Logger, type OutboxRelay, PostgresConnection, postgresOptions } from '../src';
import { eventually, storeSetting } from '../src/testing';

const table = `frozen_${randomUUID().replaceAll('-', '')}`;

/** Between app and database: a line on which nothing comes back while it is frozen, as from a stopped process. */
class FrozenLine {
  private readonly back: [from: Socket, to: Socket][] = [];
  readonly server = createServer((inside) => {
    const { hostname, port } = new URL(storeSetting('TEST_POSTGRES_URL'));
    const outside = connect(Number(port), hostname);
    inside.pipe(outside);
    outside.pipe(inside);
    this.back.push([outside, inside]);
    for (const socket of [inside, outside]) socket.on('error', () => undefined);
    inside.on('close', () => outside.destroy());
    outside.on('close', () => inside.destroy());
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(storeSetting('TEST_POSTGRES_URL'));
    url.host = `127.0.0.1:${(this.server.address() as { port: number }).port}`;
    return url.toString();
  }

  freeze(): void {
    for (const [outside, inside] of this.back) outside.unpipe(inside);
  }

  thaw(): void {
    for (const [outside, inside] of this.back) outside.pipe(inside);
  }
}

const line = new FrozenLine();
let database: DataSource;
let connection: PostgresConnection;

beforeAll(async () => {
  database = new DataSource(postgresOptions({ app: 'test', url: await line.open(), poolSize: 1, migrations: [] }));
  const relay = { finish: async () => undefined } as unknown as OutboxRelay;
  connection = new PostgresConnection(database, relay, Logger.create('frozen-test', 'silent'), new Health());
  connection.onApplicationBootstrap();
  await eventually(() => database.isInitialized);
  await database.query(`CREATE TABLE ${table} (n int)`);
});
afterAll(async () => {
  line.thaw();
  await database.query(`DROP TABLE ${table}`);
  await connection.onApplicationShutdown();
  line.server.close();
});

test('when the database freezes in the middle of a transaction, then it is "away" within 3 s, and the half is never committed', async () => {
  const startedAt = performance.now();
  const half = database.transaction(async (transaction) => {
    await transaction.query(`INSERT INTO ${table} VALUES (1)`);
    line.freeze();
    await transaction.query(`INSERT INTO ${table} VALUES (2)`);
  });
  const error = await half.catch((thrown: unknown) => thrown);
  expect(isStoreAway(error)).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(3000);
  line.thaw();
  await eventually(() => database.transaction((transaction) => transaction.query(`INSERT INTO ${table} VALUES (3)`)));
  expect(await database.query(`SELECT n FROM ${table}`)).toEqual([{ n: 3 }]);
});
