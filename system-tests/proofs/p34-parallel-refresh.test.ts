import type { Answer } from '../testing/client';
import { proof } from '../testing/proof';
import { withGateways } from '../testing/with-gateways';

proof('P34', 'when one token is refreshed many times at once, at two gateways, then all get the same pair', {
  sizes: { ci: { parallel: 50, times: 2 }, S: { parallel: 50, times: 10 }, L: { parallel: 50, times: 10, rounds: 10 } },
  run: async ({ shop, size, history }) => {
    await withGateways(shop.system, [{}], async (other) => {
      const customer = await shop.customer();
      for (let time = 0; time < size.times; time++) {
        const refreshToken = customer.refreshToken;
        const gateways = [customer, customer.at(other.http)];
        const refresh = async (_: unknown, index: number): Promise<Answer | undefined> => {
          const ask = () => gateways[index % 2]!.call('POST', '/auth/refresh', { refreshToken });
          return (await history.record('POST /auth/refresh', ask)).answer;
        };
        const answers = await Promise.all(Array.from({ length: size.parallel }, refresh));
        const pairs = answers.map((answer) => `${answer?.body.accessToken} ${answer?.body.refreshToken}`);
        expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([200]));
        expect(new Set(pairs).size).toBe(1);
        // Whoever lost the answer asks again, until one of the new tokens is used.
        const again = await refresh(undefined, time);
        expect(again?.body.refreshToken).toBe(answers[0]?.body.refreshToken);
        Object.assign(customer, { accessToken: again?.body.accessToken, refreshToken: again?.body.refreshToken });
        expect((await customer.call('GET', '/users/me')).status).toBe(200);
        if (time < size.times - 1) continue;
        const late = await refresh(undefined, time + 1);
        expect([late?.status, late?.body.code]).toEqual([401, 'REFRESH_TOKEN_REUSED']);
      }
    });
  },
});
