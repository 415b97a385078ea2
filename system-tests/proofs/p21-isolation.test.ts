import { eventually } from '@shop/service-kit/testing';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const READERS = 8;
const PAUSE_MS = 10;
const UNTOUCHED = ['/users/me', '/orders'];

proof('P21', 'when products-service is down or hangs, then accounts and orders are read without an error', {
  sizes: {
    ci: { forMs: 4000 },
    S: { forMs: 15_000 },
    L: { forMs: 15_000, rounds: 10 },
  },
  run: async ({ shop, size, history, figures }) => {
    const { system } = shop;
    const customer = await shop.customer();
    const read = async (path: string): Promise<void> => {
      await history.record(`GET ${path}`, () => customer.call('GET', path));
    };
    // Those who ask for products, and wait, must not take anything away from the others.
    const paths = [...UNTOUCHED, '/products/unknown', '/products?search=nothing'];
    const readers = new Repeating(
      PAUSE_MS,
      Array.from({ length: READERS }, (_, index) => () => read(paths[index % paths.length] ?? '')),
    );
    await system.holdDown('products-service', size.forMs);
    await eventually(() => system.expectReady('products-service'), 60_000);
    await system.freeze('products-service', size.forMs);
    await readers.stop();
    await eventually(async () => expect((await customer.call('GET', '/products/unknown')).status).toBe(404), 30_000);

    const seen = history.seen.filter(({ what }) => UNTOUCHED.some((path) => what === `GET ${path}`));
    figures.reads = seen.length;
    figures['slowest ms'] = Math.max(...seen.map(({ tookMs }) => tookMs));
    expect(seen.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(seen.length).toBeGreaterThan(READERS);
  },
});
