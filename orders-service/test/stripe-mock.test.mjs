// What `npm run test:stripe-mock` runs: Stripe's own description of its API takes every request that the provider makes.
// stripe-mock remembers nothing and answers with examples, so what payments come to is for the other tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { createRequire } from 'node:module';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { StripeProvider } = require('../dist/payments/stripe-provider.js');
const { stripeClient } = require('../dist/payments/stripe-client.js');

const answers = [];
const refusals = [];
const settings = { STRIPE_SECRET_KEY: 'sk_test_aFakeOneForTests', STRIPE_SHOP: 'lamps', SAGA_PAYMENT_TIMEOUT: 10_000 };
let mock, between, provider;

before(async () => {
  const port = await freePort();
  mock = spawn(process.env.STRIPE_MOCK ?? 'stripe-mock', ['-http-addr', `127.0.0.1:${port}`], { stdio: 'ignore' });
  const missing = once(mock, 'error').then(([{ message }]) => {
    throw new Error(`stripe-mock is not there (${message}): go install github.com/stripe/stripe-mock@v0.203.0`);
  });
  await Promise.race([missing, untilListening(port)]);
  between = createServer((incoming, response) => {
    const { method, url, headers } = incoming;
    const there = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      answers.push(`${method} ${url.split('?')[0].replace(/\/pi_\w+/, '/:id')} ${answer.statusCode}`);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(there);
  }).listen(0, '127.0.0.1');
  await once(between, 'listening');
  settings.STRIPE_API_URL = `http://127.0.0.1:${between.address().port}`;
  provider = new StripeProvider(settings, { warn: (about) => refusals.push(about) });
});

beforeEach(() => {
  answers.length = 0;
  refusals.length = 0;
});

after(() => {
  mock?.kill();
  between?.closeAllConnections();
  between?.close();
});

const aCharge = () => ({
  ...{ key: randomUUID(), amount: 1999, currency: 'USD', method: 'pm_card_visa', startedAt: Date.now() },
});

for (const verb of ['charge', 'void']) {
  test(`when it is to ${verb}, then every request is taken, up to giving up the example that came back`, async () => {
    await assert.rejects(provider[verb](aCharge()), /Stripe did not cancel pi_/);
    assert.deepEqual(answers, [
      'POST /v1/payment_intents 200',
      'GET /v1/payment_intents/:id 200',
      'POST /v1/payment_intents/:id/cancel 200',
    ]);
    assert.deepEqual(refusals, []);
  });
}

test('when a payment is looked up, then the search is taken', async () => {
  await provider.lookUp(randomUUID()).catch(() => undefined);
  assert.equal(answers[0], 'GET /v1/payment_intents/search 200');
  assert.ok(
    answers.every((answer) => answer.endsWith(' 200')),
    answers.join(', '),
  );
});

test('when money is paid back, then the refund is taken', async () => {
  await provider.refund({ key: randomUUID(), reference: 'pi_1', amount: 1999 });
  assert.deepEqual(answers, ['POST /v1/refunds 200']);
});

test('when payments are compared, then both lists are taken, with all that they are to bring along', async () => {
  for await (const payment of provider.movedSince(new Date(0))) assert.fail(`not one of ours: ${payment.reference}`);
  assert.deepEqual(answers, ['GET /v1/payment_intents 200', 'GET /v1/refunds 200']);
});

test('when a request has what Stripe does not know, then it is refused: the other tests mean something', async () => {
  const wrong = { amount: 1999, currency: 'usd', no_such_thing: 'x' };
  await assert.rejects(stripeClient(settings).paymentIntents.create(wrong), { statusCode: 400 });
});

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

async function untilListening(port) {
  for (let left = 100; left > 0; left--) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await delay(100);
  }
  throw new Error('stripe-mock did not start');
}
