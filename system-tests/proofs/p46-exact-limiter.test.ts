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
      const another = await shop.customer();
      // One that is cold would be late, and shed some: those who are refused for that are not counted.
      for (const { http } of gateways) expect((await another.at(http).call('GET', '/users/me')).status).toBe(200);
      const clients = gateways.map(({ http }) => customer.at(http));
      await sharedBy(100, [...Array(size.requests).keys()], async (turn) => {
        await history.record('GET /users/me', () => clients[turn % GATEWAYS]!.call('GET', '/users/me'));
      });
      const statuses = history.seen.map(({ answer }) => answer?.status);
      for (const status of new Set(statuses))
        figures[`answered ${status}`] = statuses.filter((one) => one === status).length;
      expect(statuses.filter((status) => status === 429)).toHaveLength(size.requests - POINTS);
      expect(statuses.filter((status) => status === 200)).toHaveLength(POINTS);
      // Who is somebody else has a count of their own.
      expect((await another.at(gateways[0]!.http).call('GET', '/users/me')).status).toBe(200);
    });
  },
});
