import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import type { Client } from '../testing/client';
import { withSlack } from '../testing/promised-times';
import { proof, type Scene } from '../testing/proof';
import { onceServed, type Shop } from '../testing/shop';
import { untilWhole } from '../testing/until-whole';
import { withGateways } from '../testing/with-gateways';

const IN_FORCE_WITHIN_MS = 1000;
const LONG_ENOUGH_MS = 20_000;

interface Change {
  /** Makes it; the customer has a second session, at another gateway. */
  readonly make: (customer: Client, shop: Shop) => Promise<number>;
  /** What that other session is answered then, at a route for admins and at one of its own. */
  readonly then: readonly [number, number];
}

const setAccess = async (customer: Client, shop: Shop, access: object): Promise<number> =>
  (await shop.admin.call('PATCH', `/users/${customer.account.id}`, access)).status;

const CHANGES: Readonly<Record<string, Change>> = {
  'a role given': { make: (customer, shop) => setAccess(customer, shop, { role: 'admin' }), then: [200, 200] },
  'a role taken': {
    make: async (customer, shop) => {
      await setAccess(customer, shop, { role: 'admin' });
      return setAccess(customer, shop, { role: 'customer' });
    },
    then: [403, 200],
  },
  'shut out': { make: (customer, shop) => setAccess(customer, shop, { disabled: true }), then: [401, 401] },
  'a new password': {
    make: async (customer) => {
      const passwords = { currentPassword: customer.account.password, password: `pw ${randomUUID()}` };
      return (await customer.call('PUT', '/users/me', passwords)).status;
    },
    then: [401, 401],
  },
  erased: {
    make: async (customer, shop) => (await shop.admin.call('DELETE', `/users/${customer.account.id}`)).status,
    then: [401, 401],
  },
};

proof('P37', 'when an account changes, then live sessions know at every gateway, also without a broker', {
  sizes: { ci: { times: 1 }, S: { times: 5 }, L: { times: 5, rounds: 10 } },
  run: async (scene) => {
    const { system } = scene.shop;
    await withGateways(system, [{}], async (other) => {
      for (let time = 0; time < scene.size.times; time++) {
        await expectInForce(scene, other.http);
        const hanging = system.freeze('rabbitmq', LONG_ENOUGH_MS);
        await expectInForce(scene, other.http);
        await hanging;
        await untilWhole(scene.shop);
      }
    });
  },
});

async function expectInForce({ shop, history, figures }: Scene<object>, gateway: string): Promise<void> {
  for (const [what, { make, then }] of Object.entries(CHANGES)) {
    const customer = await shop.customer();
    const elsewhere = shop.anonymous().at(gateway);
    await onceServed(() => elsewhere.logIn(customer.account.email, customer.account.password));
    const statuses = async () => [
      (await elsewhere.call('GET', '/users?limit=1')).status,
      (await elsewhere.call('GET', '/users/me')).status,
    ];
    expect(await statuses()).toEqual([403, 200]);
    const { answer } = await history.record(what, async () => ({
      status: await make(customer, shop),
      headers: new Headers(),
      body: {},
    }));
    const answeredAt = Date.now();
    expect([200, 204]).toContain(answer?.status);
    await eventually(async () => expect([what, await statuses()]).toEqual([what, then]), withSlack(IN_FORCE_WITHIN_MS));
    figures['slowest ms'] = Math.max(Number(figures['slowest ms'] ?? 0), Date.now() - answeredAt);
  }
}
