import { setTimeout as pause } from 'node:timers/promises';
import { status as Grpc } from '@grpc/grpc-js';
import type { products as contract } from '@shop/proto';
import { createGrpcClient, type Promises, ServiceTokens } from '../src';
import { Authority, eventually, SERVICE_SECRET } from '../src/testing';
import { callAnew, Identity, type Server, startServer, type Way } from './rotating-apps';

/** A caller that makes a new connection for every call, and one that keeps its own, both with hardly a pause. */
class Calls {
  private made = 0;
  readonly failed: unknown[] = [];
  private readonly steady: Promises<contract.ProductsServiceClient>;
  private readonly going: Promise<void>[];
  private stopped = false;

  constructor(server: Server, caller: Identity) {
    this.steady = createGrpcClient<contract.ProductsServiceClient>({
      name: 'products-service',
      service: 'products',
      address: server.address,
      certificates: caller.certificates,
      tokens: new ServiceTokens(caller.name, SERVICE_SECRET),
    });
    this.going = [() => callAnew(server.address, caller), () => this.steady.getProducts({ ids: ['p1'] })].map((call) =>
      this.goOn(call),
    );
  }

  async more(count: number): Promise<void> {
    const enough = this.made + count;
    await eventually(() => this.made >= enough);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.going);
    this.steady.close();
  }

  private async goOn(call: () => Promise<unknown>): Promise<void> {
    for (; !this.stopped; this.made++) {
      await call().catch((error: unknown) => this.failed.push(error));
      await pause(1);
    }
  }
}

let authority: Authority;
let gateway: Identity;
let products: Identity;
let server: Server;
let calls: Calls;

async function start(way: Way = 'written'): Promise<void> {
  authority = await Authority.create();
  gateway = await Identity.create('api-gateway', authority, way);
  products = await Identity.create('products-service', authority, way);
  server = await startServer(products);
  calls = new Calls(server, gateway);
}

afterEach(async () => {
  await calls.stop();
  await server.close();
});

const both = () => [gateway, products];
const theNewest = async () =>
  expect(await callAnew(server.address, gateway)).toEqual({
    caller: gateway.serialNumber,
    callee: products.serialNumber,
  });

/** Changes files of the apps, and waits until each has said something about that. */
async function noticed(apps: readonly Identity[], change: (app: Identity) => void | Promise<void>): Promise<void> {
  for (const app of apps) {
    const before = app.log.length;
    await change(app);
    await eventually(() => app.log.length > before);
  }
}

test.each<Way>(['written', 'renamed', 'linked'])(
  'when new certificates are %s under load, then new connections have them, and no call fails',
  async (way) => {
    await start(way);
    for (let round = 0; round < 3; round++) {
      await products.renew(authority);
      await eventually(theNewest);
      await gateway.renew(authority);
      await eventually(theNewest);
      await calls.more(10);
    }
    await calls.stop();
    expect(calls.failed).toEqual([]);
  },
);

test('when the authority changes in three steps under load, then no call fails, and the old one is worth nothing', async () => {
  await start();
  const old = authority;
  const next = await Authority.create();
  const late = await Identity.create('api-gateway', old);
  late.trust(old, next);

  await noticed(both(), (app) => app.trust(old, next));
  for (const app of both()) await app.renew(next);
  await eventually(theNewest);
  expect(await callAnew(server.address, late)).toMatchObject({ caller: late.serialNumber });
  await noticed(both(), (app) => app.trust(next));

  await expect(callAnew(server.address, late)).rejects.toMatchObject({ code: Grpc.UNAVAILABLE });
  await theNewest();
  await calls.stop();
  expect(calls.failed).toEqual([]);
  await noticed([products], (app) => app.renew(old));
  await expect(callAnew(server.address, gateway)).rejects.toMatchObject({ code: Grpc.UNAVAILABLE });
});

const another = () => authority.issue('other');

test.each<[string, (app: Identity) => Promise<void> | void]>([
  ['the key of another certificate', async (app) => app.put({ 'tls.key': (await another()).key })],
  ['another certificate and no key of it', async (app) => app.put({ 'tls.crt': (await another()).certificate })],
  ['half of a certificate', async (app) => app.put({ 'tls.crt': (await another()).certificate.slice(0, 300) })],
  ['an empty key', (app) => app.put({ 'tls.key': '' })],
  ['no key', (app) => app.remove('tls.key')],
  ['half of two authorities', (app) => app.put({ 'ca.crt': authority.pem + authority.pem.slice(0, 300) })],
  ['no authority', (app) => app.put({ 'ca.crt': '' })],
])('when the files hold %s, then what they held before stays, and the log says so once', async (_what, spoil) => {
  await start();
  await calls.more(5);

  await noticed(both(), spoil);
  await calls.more(20);
  await theNewest();
  for (const { log } of both()) expect(log).toEqual([expect.stringContaining('what they said before stays in use')]);

  for (const app of both()) app.trust(authority);
  for (const app of both()) await app.renew(authority);
  await eventually(theNewest);
  await calls.stop();
  expect(calls.failed).toEqual([]);
});
