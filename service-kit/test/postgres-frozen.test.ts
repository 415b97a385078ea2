import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { Health, isStoreAway, Logger, type OutboxRelay, PostgresConnection, postgresOptions } from '../src';
import { eventually, Line, storeSetting } from '../src/testing';

const table = `frozen_${randomUUID().replaceAll('-', '')}`;

let line: Line;
let database: DataSource;
let connection: PostgresConnection;

beforeAll(async () => {
  line = await Line.to(storeSetting('TEST_POSTGRES_URL'));
  await line.open();
  const url = line.through(storeSetting('TEST_POSTGRES_URL'));
  database = new DataSource(postgresOptions({ app: 'test', url, poolSize: 1, migrations: [] }));
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
  line.cut();
});

test('when the database freezes in the middle of a transaction, then it is "away" after 2.5 s, and the half is never committed', async () => {
  let frozenAt = Infinity;
  const half = database.transaction(async (transaction) => {
    await transaction.query(`INSERT INTO ${table} VALUES (1)`);
    line.freeze();
    frozenAt = performance.now();
    await transaction.query(`INSERT INTO ${table} VALUES (2)`);
  });
  const error = await half.catch((thrown: unknown) => thrown);
  expect(isStoreAway(error)).toBe(true);
  expect(performance.now() - frozenAt).toBeLessThan(4000);
  line.thaw();
  await eventually(() => database.transaction((transaction) => transaction.query(`INSERT INTO ${table} VALUES (3)`)));
  expect(await database.query(`SELECT n FROM ${table}`)).toEqual([{ n: 3 }]);
});
