import { connect, type Socket } from 'node:net';
import { eventually } from '@shop/service-kit/testing';
import { proof } from '../testing/proof';
import { withSlack } from '../testing/promised-times';
import { Repeating } from '../testing/repeating';

const SENT_AT_ONCE = 'POST /auth/login HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n';
const ANSWERED_MS = 300;
const CUT_OFF_WITHIN_MS = 12_000;

/** How far they get before they become slow. */
const BEGINNINGS = {
  'nothing at all': '',
  'half a line': 'GET /prod',
  'some headers': SENT_AT_ONCE,
  'some of the body': `${SENT_AT_ONCE}content-length: 1000\r\n\r\n{"email":`,
  'some chunks': `${SENT_AT_ONCE}transfer-encoding: chunked\r\n\r\n5\r\n{"ema\r\n`,
};

proof('P53', 'when many clients are slow on purpose, then others are served as ever, and the slow ones are cut off', {
  sizes: { ci: { of: 40 }, S: { of: 200 }, L: { of: 1000 } },
  run: async ({ shop, size, history, figures }) => {
    const { hostname, port } = new URL(shop.system.state().gateway);
    const sockets: Socket[] = [];
    for (const beginning of Object.values(BEGINNINGS))
      for (let n = 0; n < size.of; n++) {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => undefined);
        socket.on('data', () => undefined);
        socket.write(beginning);
        sockets.push(socket);
      }
    const begunAt = Date.now();
    // A byte now and then, so that no connection is idle.
    const drip = new Repeating(1000, [
      async () => void sockets.filter((socket) => socket.writable).forEach((socket) => socket.write('x')),
    ]);
    const customer = await shop.customer();
    const served = new Repeating(50, [
      async () => void (await history.record('GET /users/me', () => customer.call('GET', '/users/me'))),
      async () => void (await history.record('GET /products', () => customer.call('GET', '/products?limit=1'))),
    ]);
    try {
      const open = () => sockets.filter(({ closed }) => !closed).length;
      await eventually(() => Promise.resolve(expect(open()).toBe(0)), withSlack(CUT_OFF_WITHIN_MS));
      figures['all cut off after ms'] = Date.now() - begunAt;
    } finally {
      await drip.stop();
      await served.stop();
      for (const socket of sockets) socket.destroy();
    }
    figures['slowest answer to others ms'] = Math.max(...history.seen.map(({ tookMs }) => tookMs));
    expect(history.seen.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(figures['slowest answer to others ms']).toBeLessThan(withSlack(ANSWERED_MS));
  },
});
