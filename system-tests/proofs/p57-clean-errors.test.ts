import { randomOf } from '../../products-service/src/testing/interleaving';
import { ROUTE_CALLS } from '../flows/route-calls';
import { anOrderOf, aProduct, aProductWithoutStock } from '../testing/builders';
import { sharedBy } from '../testing/buyer';
import { expectCleanError } from '../testing/clean-errors';
import { Fuzz } from '../testing/fuzz';
import { proof } from '../testing/proof';

const AT_ONCE = 4;
/** What one of them may end is somebody's own. */
const NEVER = ['POST /auth/logout', 'POST /auth/logout-all', 'DELETE /users/me', 'DELETE /auth/sessions/:id'];

const EXAMPLES: Readonly<Record<string, object>> = {
  'POST /auth/register': { email: 'fuzz@example.com', password: 'short', name: 'Ada' },
  'POST /auth/login': { email: 'fuzz@example.com', password: 'short' },
  'POST /auth/refresh': { refreshToken: 'a.b.c' },
  'PUT /users/me': { name: 'Ada', currentPassword: 'no such password' },
  'PATCH /users/:id': { role: 'customer' },
  'POST /products': aProduct(1),
  'PUT /products/:id': aProductWithoutStock(),
  'PATCH /products/:id/stock': { delta: 1, reason: 'fuzz' },
  'POST /orders': anOrderOf('some-id'),
  'PATCH /orders/:id/status': { status: 'shipped' },
  'POST /webhooks/stripe': { type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } },
};

proof(
  'P57',
  'when requests are nearly right, in thousands of ways, then every error is clean and none is the fault of the shop',
  {
    sizes: { ci: { requests: 500 }, S: { requests: 5000 }, L: { requests: 5000, rounds: 10 } },
    run: async ({ shop, size, round, history, figures }) => {
      const customer = await shop.customer();
      const clients = [shop.anonymous(), customer, shop.admin];
      const routes = Object.keys(ROUTE_CALLS)
        .filter((route) => !NEVER.includes(route))
        .map((route) => ({ route, example: EXAMPLES[route] }));
      const fuzz = new Fuzz(randomOf(round), routes);
      const requests = Array.from({ length: size.requests }, () => fuzz.next());
      await sharedBy(AT_ONCE, requests, async ({ method, path, body, headers }, worker) => {
        const client = clients[worker % clients.length]!.sending(headers);
        const what = `${method} ${path.slice(0, 200)} ${JSON.stringify(headers)} ${body?.slice(0, 300) ?? ''}`;
        const { answer, error } = await history.record(what, () => client.call(method, path, body));
        expect([what, error]).toEqual([what, undefined]);
        if (!answer || answer.status < 400) return;
        // Hashing is bounded: what is shed is no failure.
        expect([what, answer.status < 500 || answer.status === 503]).toEqual([what, true]);
        expectCleanError(answer);
      });
      const statuses = history.seen.map(({ answer }) => answer?.status);
      for (const status of [...new Set(statuses)].sort())
        figures[`${status}`] = statuses.filter((one) => one === status).length;
      expect((await customer.call('GET', '/users/me')).status).toBe(200);
    },
  },
);
