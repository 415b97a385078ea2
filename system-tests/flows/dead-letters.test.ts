import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@shop/service-kit/testing';
import type { Channel, ChannelModel } from 'amqplib';
import { anOrderOf } from '../testing/builders';
import { brokerOf } from '../testing/operator';
import { dlq, operatorCommand } from '../testing/operator-command';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

const ROOT = join(__dirname, '..', '..');
const QUEUE = 'products-service.commit-stock';
const system = System.shared();
let shop: Shop;
let broker: ChannelModel;
let channel: Channel;

beforeAll(async () => {
  shop = await Shop.open();
  broker = await brokerOf(system);
  channel = await broker.createChannel();
});
afterAll(() => broker.close());

async function auditOf(id: string): Promise<string[]> {
  const { body } = await shop.admin.call('GET', '/audit?actor=operator&limit=100');
  const records = body.items as { target: string; action: string }[];
  return records.filter(({ target }) => target === `message:${id}`).map(({ action }) => action);
}

/** A message that no app can read; the one for confirmed orders gives it up. */
async function giveUp(): Promise<string> {
  const id = randomUUID();
  channel.publish('shop.events', 'order.confirmed', Buffer.from('no event'), {
    messageId: id,
    type: 'order.confirmed',
  });
  await eventually(async () => (await dlq(system, 'list', '--queue', QUEUE)).out.includes(id), 20_000);
  return id;
}

test('when a message cannot be used, then an operator sees why, and can drop it; the audit trail says who did', async () => {
  const id = await giveUp();
  const { out } = await dlq(system, 'list');
  expect(out.split('\n').find((line) => line.startsWith(id))).toMatch(
    /products-service\.commit-stock +order\.confirmed +\d+ m +1 +not a CloudEvents 1\.0 message/,
  );
  expect(JSON.parse((await dlq(system, 'show', id)).out)).toMatchObject({ id, queue: QUEUE, body: '8 bytes, sealed' });

  expect(await dlq(system, 'drop', id)).toMatchObject({ code: 0, out: expect.stringContaining('dropped') });
  expect(await auditOf(id)).toEqual(['dead_letter.dropped']);
  expect(await dlq(system, 'show', id)).toMatchObject({
    code: 1,
    out: expect.stringContaining('There is no dead letter'),
  });
});

test('when a message is replayed that still cannot be used, then it is back, and says so', async () => {
  const id = await giveUp();
  expect(await dlq(system, 'replay', id)).toMatchObject({ code: 0 });
  expect(await auditOf(id)).toEqual(['dead_letter.replayed']);
  await eventually(async () => (await dlq(system, 'show', id)).out.includes('"replays": 1'), 20_000);
  await dlq(system, 'drop', id);
});

test('when an event was given up and is replayed, then the order goes on as if nothing had been', async () => {
  const product = await shop.productOnSale(3);
  // The event goes astray: it lies among the dead letters and nowhere else.
  await channel.unbindQueue(QUEUE, 'shop.events', 'order.confirmed');
  const astray = `${QUEUE}.dead`;
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, 'shop.events', 'order.confirmed');
  const customer = await shop.customer();
  const order = await customer.call('POST', '/orders', anOrderOf(product));
  expect(order.status).toBe(201);
  const event = await eventually(async () => {
    const message = await channel.get(queue, { noAck: true });
    if (!message || message.properties.headers?.['cloudEvents:subject'] !== order.body.id) throw new Error('not yet');
    return message;
  });
  await channel.unbindQueue(queue, 'shop.events', 'order.confirmed');
  await channel.bindQueue(QUEUE, 'shop.events', 'order.confirmed');
  channel.sendToQueue(astray, event.content, {
    ...event.properties,
    headers: { ...event.properties.headers, 'x-failure-reason': 'its handler had a defect' },
  });

  const id = String(event.properties.messageId);
  await eventually(async () => (await dlq(system, 'list')).out.includes(id));
  expect(await dlq(system, 'replay', '--all')).toMatchObject({ code: 0, out: expect.stringContaining(id) });
  await eventually(async () => (await shop.stockOf(product)).reserved === 0, 20_000);
  expect((await dlq(system, 'list')).out).not.toContain(id);
});

test('when the audit trail cannot be written, then nothing is done', async () => {
  const id = await giveUp();
  const certificate = { TLS_CERT_FILE: 'orders-service.crt', TLS_KEY_FILE: 'orders-service.key' };
  const { rabbitmq } = system.stores();
  const { processes, tls } = system.state();
  const env = {
    PATH: process.env.PATH,
    RABBITMQ_URL: rabbitmq.operatorUrl,
    RABBITMQ_CA_FILE: rabbitmq.caFile,
    USERS_GRPC_URL: `127.0.0.1:${processes['users-service'].grpc}`,
    TLS_CA_FILE: tls.ca,
    ...Object.fromEntries(Object.entries(certificate).map(([name, file]) => [name, join(tls.certs, file)])),
    JWT_SERVICE_SECRET: system.secret('jwt-service'),
  };
  const refused = (await operatorCommand('dead-letters/dlq.mjs', ['drop', id], { env })).out;
  expect(refused).toMatch(/Not done, since the audit trail cannot be written/);
  expect((await dlq(system, 'list')).out).toContain(id);
  await dlq(system, 'drop', id);
});

/** A clone of the project with a .env of its own, beside a shop whose secrets folder has another service secret. */
function cloneWith(dotEnv: string): { root: string; dir: string } {
  const root = mkdtempSync(join(tmpdir(), 'clone-'));
  const dir = join(root, 'shop');
  cpSync(join(ROOT, 'deployment'), join(root, 'deployment'), { recursive: true });
  for (const shared of ['node_modules', 'service-kit', 'proto', 'users-service', 'products-service', 'api-gateway'])
    symlinkSync(join(ROOT, shared), join(root, shared));
  mkdirSync(join(dir, 'secrets'), { recursive: true });
  for (const kept of ['tls', 'state.json', 'secrets/stores.json']) symlinkSync(join(system.dir, kept), join(dir, kept));
  writeFileSync(join(dir, 'secrets', 'jwt-service'), 'the one that npm start made before there was a .env');
  writeFileSync(join(root, '.env'), dotEnv);
  return { root, dir };
}

test('when the secret of the services is in the root’s .env alone, then letters are dropped with it; its RABBITMQ_URL is npm start’s', async () => {
  const id = await giveUp();
  const secret = `JWT_SERVICE_SECRET=${system.secret('jwt-service')}\n`;
  const clone = cloneWith(`${secret}RABBITMQ_URL=amqp://nobody@127.0.0.1:1\n`);
  const { JWT_SERVICE_SECRET: _given, ...env } = process.env;
  const dropped = await operatorCommand('dead-letters/dlq.mjs', ['drop', id, '--dir', clone.dir], { ...clone, env });
  rmSync(clone.root, { recursive: true });
  expect(dropped).toMatchObject({ code: 0, out: expect.stringContaining('dropped') });
  expect(await auditOf(id)).toEqual(['dead_letter.dropped']);
});
