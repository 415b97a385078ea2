import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../testing/percentile';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const ATTACKERS = 50;
const PAUSE_MS = 20;
const P99_MS = 300;
const ANSWERED_WITHIN_MS = 2000;
const GIVEN_UP_AFTER_MS = 2000;

proof('P28', 'when logins come in a flood, then the catalogue stays quick, and what is too much is shed', {
  sizes: { ci: { forMs: 10_000 }, S: { forMs: 20_000 }, L: { forMs: 20_000, rounds: 10 } },
  run: async ({ shop, size, history, figures }) => {
    const { email } = await shop.customer().then(({ account }) => account);
    const guest = shop.anonymous();
    const logIn = async (): Promise<void> => {
      const guess = { email, password: randomUUID() };
      await history.record('POST /auth/login', () => guest.call('POST', '/auth/login', guess));
    };
    const read = async (): Promise<void> => {
      await history.record('GET /products', () => guest.call('GET', '/products?limit=20'));
    };
    await read();
    const flood = new Repeating(
      0,
      Array.from({ length: ATTACKERS }, () => logIn),
    );
    const readers = new Repeating(PAUSE_MS, [read, read]);
    await delay(size.forMs);
    await readers.stop();
    await flood.stop();

    const of = (what: string) => history.seen.filter((seen) => seen.what === what);
    const reads = of('GET /products').map(({ tookMs }) => tookMs);
    const logins = of('POST /auth/login');
    const statuses = logins.map(({ answer }) => answer?.status);
    const shed = logins.filter(({ answer }) => answer?.status === 503).map(({ tookMs }) => tookMs);
    Object.assign(figures, {
      'p99 of reads ms': percentile(reads, 99),
      'slowest login ms': Math.max(...logins.map(({ tookMs }) => tookMs)),
      hashed: statuses.filter((status) => status === 401).length,
      shed: shed.length,
      'median of shed ms': percentile(shed, 50),
    });
    expect(of('GET /products').filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(figures['p99 of reads ms']).toBeLessThan(withSlack(P99_MS));
    expect(figures['slowest login ms']).toBeLessThan(withSlack(ANSWERED_WITHIN_MS));
    expect(new Set(statuses)).toEqual(new Set([401, 503]));
    // Refused because there are too many, not given up after their time.
    expect(figures['median of shed ms']).toBeLessThan(GIVEN_UP_AFTER_MS / 2);
  },
});
