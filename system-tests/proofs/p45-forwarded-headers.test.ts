import { randomInt } from 'node:crypto';
import { proof } from '../testing/proof';
import { withGateways } from '../testing/with-gateways';

const POINTS = 20;
const BEYOND = 10;
const CLAIMS = [
  'x-forwarded-for',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'cf-connecting-ip',
  'true-client-ip',
  'fastly-client-ip',
  'x-forwarded',
  'forwarded-for',
  'x-original-forwarded-for',
];
const anyAddress = () => Array.from({ length: 4 }, () => randomInt(1, 255)).join('.');

proof('P45', 'when a client says that it is another, then it is counted as itself all the same', {
  sizes: { ci: { headers: 4 }, S: { headers: CLAIMS.length }, L: { headers: CLAIMS.length, rounds: 5 } },
  run: async ({ shop, size, history }) => {
    const limits = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_GLOBAL: `${POINTS}/3600` };
    await withGateways(shop.system, [limits], async (gateway) => {
      const customer = (await shop.customer()).at(gateway.http);
      const ask = async (headers: Record<string, string>) => {
        const call = () => customer.sending(headers).call('GET', '/users/me');
        return (await history.record('GET /users/me', call)).answer?.status;
      };
      const names = CLAIMS.slice(0, size.headers);
      const statuses = [];
      for (let n = 0; n < POINTS + BEYOND; n++) {
        const address = anyAddress();
        const claims = Object.fromEntries(names.map((name) => [name, address]));
        statuses.push(await ask({ ...claims, forwarded: `for=${address};proto=https` }));
      }
      expect(statuses).toEqual([...Array(POINTS).fill(200), ...Array(BEYOND).fill(429)]);
      for (const name of names) expect([name, await ask({ [name]: anyAddress() })]).toEqual([name, 429]);
      for (const many of [`${anyAddress()}, ${anyAddress()}`, '127.0.0.1', '::1', 'unknown', ', ,'])
        expect([many, await ask({ 'x-forwarded-for': many })]).toEqual([many, 429]);
    });
  },
});
