import { randomUUID } from 'node:crypto';
import { connect } from 'node:tls';
import type { users } from '@shop/proto';
import { eventually } from '@shop/service-kit/testing';
import { anAddress, anOrderOf } from './builders';
import type { Canaries } from './canaries';
import type { Answer, Client } from './client';
import { sendAll } from './operator';
import { dlq } from './operator-command';
import { sendRaw } from './raw-http';
import { serviceClientOf } from './service-client';
import type { Shop } from './shop';

export interface Doors {
  readonly shop: Shop;
  readonly canaries: Canaries;
  readonly productId: string;
  /** Sends a request, and keeps its answer. */
  ask(client: Client, request: string, body?: unknown): Promise<Answer>;
}

/** Somebody who comes, buys, makes every mistake and goes, with something secret in each request. */
export async function useTheApi({ shop, canaries, productId, ask }: Doors): Promise<void> {
  const [client, password, name] = [shop.anonymous(), canaries.password(), canaries.text('a name')];
  const email = canaries.remember('an e-mail address', `${randomUUID()}@example.com`);
  await ask(client, 'POST /auth/register', { email, password, name });
  await ask(client, 'POST /auth/login', { email, password: canaries.password() });
  await signIn(client, canaries, { email, password });
  const order = anOrderOf(productId) as Record<string, unknown>;
  const shippingAddress = anAddress({ name, line1: canaries.text('a street') });
  await ask(client, 'POST /orders', { ...order, shippingAddress });
  await ask(client, 'POST /orders', { ...order, cardNumber: canaries.card(), cvc: canaries.text('a CVC') });
  await ask(client, 'POST /orders', { ...order, paymentMethod: canaries.card() });
  await ask(client, 'POST /auth/refresh', { refreshToken: canaries.text('a token that is none') });
  await ask(client, 'POST /auth/login', `{"password": "${canaries.text('a body cut short')}`);
  await ask(client, `GET /products?token=${canaries.text('a query')}`);
  await ask(client, `GET /orders/${canaries.text('a path')}`);
  await ask(client, `GET /nothing/${canaries.text('a path of nothing')}?password=${canaries.text('a query')}`);
  await ask(client.sending(strangeHeaders(canaries)), 'GET /users/me');
  await ask(client, 'GET /users');
  await ask(client, 'PUT /users/me', { password: canaries.password(), currentPassword: canaries.password() });
  const better = canaries.password();
  await ask(client, 'PUT /users/me', { password: better, currentPassword: password });
  await endWithAnOldToken({ shop, canaries, productId, ask }, { email, password: better });
}

async function endWithAnOldToken(
  { shop, canaries, ask }: Doors,
  account: { email: string; password: string },
): Promise<void> {
  const client = shop.anonymous();
  await signIn(client, canaries, account);
  await ask(client, 'GET /users/me/export');
  const { id } = client.account;
  for (const changes of [{ role: 'admin' }, { role: 'customer' }, { disabled: true }, { disabled: false }])
    await ask(shop.admin, `PATCH /users/${id}`, changes);
  await signIn(client, canaries, account);
  const old = client.refreshToken;
  for (let n = 0; n < 2; n++) await client.refresh();
  canaries.remember('a refresh token', client.refreshToken);
  await ask(client, 'GET /users/me');
  await ask(client, 'POST /auth/refresh', { refreshToken: old });
  await signIn(client, canaries, account);
  await ask(client, 'POST /auth/logout');
  await ask(client, 'GET /users/me');
  await signIn(client, canaries, account);
  await ask(client, 'DELETE /users/me', { currentPassword: account.password });
}

async function signIn(client: Client, canaries: Canaries, { email, password }: { email: string; password: string }) {
  expect((await client.logIn(email, password)).status).toBe(200);
  canaries.remember('an access token', client.accessToken);
  canaries.remember('a refresh token', client.refreshToken);
}

function strangeHeaders(canaries: Canaries): Record<string, string> {
  return {
    authorization: `Basic ${canaries.text('an Authorization header')}`,
    cookie: `session=${canaries.text('a cookie')}`,
    'x-api-key': canaries.text('an API key'),
    'user-agent': canaries.text('a User-Agent'),
    referer: `https://shop.example/?token=${canaries.text('a Referer')}`,
  };
}

/** Past the gateway: what is no HTTP, a service's own ports, and the broker. */
export async function useTheBackDoors({ shop: { system }, canaries }: Doors): Promise<void> {
  const { gateway, processes } = system.state();
  await sendRaw(gateway, [`${canaries.text('no HTTP')}\r\n\r\n`]);
  const { http, grpc } = processes['users-service'];
  const authorization = `Bearer ${canaries.text('a service token that is none')}`;
  await fetch(`http://127.0.0.1:${http}/users?password=${canaries.text('a query')}`, { headers: { authorization } });
  const socket = connect({ port: grpc ?? 0, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
  for (const secret of [undefined, canaries.text('a secret of service tokens')]) {
    const client = serviceClientOf<users.UsersServiceClient>({ system, service: 'users', secret });
    const guess = { email: `${canaries.text('an address')}@example.com`, password: canaries.password() };
    await client.verifyCredentials(guess).catch(() => undefined);
    client.close();
  }
  const messageId = randomUUID();
  const headers = { authorization: canaries.text("a message's header") };
  const options = { messageId, type: 'order.confirmed', headers };
  await sendAll(system, [{ type: 'order.confirmed', body: Buffer.from(canaries.text('a message')), options }]);
  for (const act of ['replay', 'drop']) {
    await eventually(async () => (await dlq(system, 'list')).out.includes(messageId), 20_000);
    expect((await dlq(system, act, messageId)).code).toBe(0);
  }
}
