import { sharedBy } from '../testing/buyer';
import { proof } from '../testing/proof';
import { withGateways } from '../testing/with-gateways';

const GATEWAYS = 3;
const POINTS = 100;

proof('P46', 'when far too many requests come at once to three gateways, then exactly as many pass as may', {
  sizes: { ci: { requests: 300 }, S: { requests: 1000 }, L: { requests: 1000, rounds: 10 } },
  run: async ({ shop, size, history, figures }) => {
    const limits = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_GLOBAL: `${POINTS}/60` };
    await withGateways(shop.system, Array(GATEWAYS).fill(limits), async (...gateways) => {
      const customer = await shop.customer();
      const clients = gateways.map(({ http }) => customer.at(http));
      await sharedBy(100, [...Array(size.requests).keys()], async (turn) => {
        await history.record('GET /users/me', () => clients[turn % GATEWAYS]!.call('GET', '/users/me'));
      });
      const statuses = history.seen.map(({ answer }) => answer?.status);
      const answered = (status: number) => statuses.filter((one) => one === status).length;
      for (const status of [200, 429, 503]) figures[`answered ${status}`] = answered(status);
      // A gateway that is late sheds: before it counts, or a request that has been counted.
      expect(answered(200) + answered(429) + answered(503)).toBe(size.requests);
      expect(answered(200)).toBeLessThanOrEqual(POINTS);
      expect(answered(200) + answered(503)).toBeGreaterThanOrEqual(POINTS);
      // Who is somebody else has a count of their own.
      const another = (await shop.customer()).at(gateways[0]!.http);
      expect((await another.call('GET', '/users/me')).status).toBe(200);
    });
  },
});
