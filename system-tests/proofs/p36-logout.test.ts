import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { withGateways } from '../testing/with-gateways';

const REFUSED_WITHIN_MS = 100;

proof('P36', 'when somebody signs out, then their tokens are refused at every gateway', {
  sizes: { ci: { times: 5 }, S: { times: 50 }, L: { times: 50, rounds: 10 } },
  run: async ({ shop, size, history, figures }) => {
    await withGateways(shop.system, [{}], async (other) => {
      let slowestMs = 0;
      for (let time = 0; time < size.times; time++) {
        const customer = await shop.customer();
        const there = customer.at(other.http);
        expect((await there.call('GET', '/users/me')).status).toBe(200);
        const path = time % 2 === 0 ? '/auth/logout' : '/auth/logout-all';
        const { answer } = await history.record(`POST ${path}`, () => customer.call('POST', path));
        expect(answer?.status).toBe(204);
        const answeredAt = Date.now();
        while ((await there.call('GET', '/users/me')).status !== 401)
          expect(Date.now() - answeredAt).toBeLessThan(withSlack(REFUSED_WITHIN_MS));
        slowestMs = Math.max(slowestMs, Date.now() - answeredAt);
        expect((await customer.call('GET', '/users/me')).status).toBe(401);
        expect((await there.refresh()).body.code).toBe('INVALID_REFRESH_TOKEN');
      }
      figures['slowest ms'] = slowestMs;
    });
  },
});
