import type { Client } from '../testing/client';
import { proof } from '../testing/proof';
import type { Shop } from '../testing/shop';

const CAP = 5;
const AT_ONCE = 20;

proof('P40', 'when somebody signs in many times, then the five newest sessions are left', {
  sizes: { ci: { users: 1 }, S: { users: 5 }, L: { users: 5, rounds: 10 } },
  run: async ({ shop, size, history }) => {
    for (let user = 0; user < size.users; user++) {
      const first = await shop.customer();
      const inOrder = [first];
      while (inOrder.length < CAP + 2) inOrder.push(await anotherSessionOf(first, shop));
      const alive = await Promise.all(inOrder.map(isAlive));
      expect(alive).toEqual([false, false, true, true, true, true, true]);

      const { email, password } = first.account;
      const logIn = async (): Promise<Client> => {
        const client = shop.anonymous();
        // Hashing is bounded: who is shed comes again.
        while ((await history.record('POST /auth/login', () => client.logIn(email, password))).outcome !== 'ok');
        return client;
      };
      const atOnce = await Promise.all(Array.from({ length: AT_ONCE }, logIn));
      const left = (await Promise.all(atOnce.map(isAlive))).filter(Boolean);
      expect(left).toHaveLength(CAP);
      expect(await Promise.all(inOrder.map(isAlive))).not.toContain(true);
    }
  },
});

async function anotherSessionOf({ account }: Client, shop: Shop): Promise<Client> {
  const client = shop.anonymous();
  expect((await client.logIn(account.email, account.password)).status).toBe(200);
  return client;
}

async function isAlive(client: Client): Promise<boolean> {
  return (await client.call('GET', '/users/me')).status === 200;
}
