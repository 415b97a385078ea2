import { emptyRedis } from '../testing/operator';
import { proof } from '../testing/proof';

proof('P27', 'when Redis loses everything, then every session has ended, and no token that was revoked comes back', {
  sizes: { ci: { users: 3 }, S: { users: 10 }, L: { users: 10, rounds: 5 } },
  run: async ({ shop, size, history }) => {
    const live = await shop.customers(size.users);
    const signedOut = await shop.customer();
    await signedOut.call('POST', '/auth/logout');
    await emptyRedis(shop.system);
    for (const customer of [...live, signedOut, shop.admin]) {
      const { answer } = await history.record('GET /users/me', () => customer.call('GET', '/users/me'));
      expect([answer?.status, answer?.body.code]).toEqual([401, 'UNAUTHENTICATED']);
      const refreshed = await history.record('POST /auth/refresh', () => customer.refresh());
      expect([refreshed.answer?.status, refreshed.answer?.body.code]).toEqual([401, 'INVALID_REFRESH_TOKEN']);
    }
    for (const customer of [...live, signedOut]) {
      const before = customer.at(shop.system.state().gateway);
      const { email, password } = customer.account;
      expect((await history.record('POST /auth/login', () => customer.logIn(email, password))).outcome).toBe('ok');
      expect((await customer.call('GET', '/users/me')).status).toBe(200);
      expect((await before.call('GET', '/users/me')).status).toBe(401);
    }
  },
});
