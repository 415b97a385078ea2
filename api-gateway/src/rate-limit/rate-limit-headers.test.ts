import type { FastifyReply } from 'fastify';
import type { Consumed } from './limits';
import { setRateLimitHeaders } from './rate-limit-headers';

function headersFor(consumed: Partial<Consumed>[]): Record<string, string> {
  const headers: Record<string, string> = {};
  const reply = {
    header(name: string, value: string) {
      headers[name] = value;
      return reply;
    },
  };
  const limit = { points: 10, seconds: 60 };
  const complete = consumed.map(
    (one) => ({ policy: 'GLOBAL', limit, remaining: 9, resetMs: 60_000, ...one }) as Consumed,
  );
  setRateLimitHeaders(reply as unknown as FastifyReply, complete);
  return headers;
}

describe('the headers of a limited answer', () => {
  test('when two policies have counted, then both are in both headers', () => {
    const orders = { policy: 'ORDERS' as const, limit: { points: 5, seconds: 30 }, remaining: 0, resetMs: 12_001 };
    expect(headersFor([{}, orders])).toEqual({
      'ratelimit-policy': '"global";q=10;w=60, "orders";q=5;w=30',
      ratelimit: '"global";r=9;t=60, "orders";r=0;t=13',
    });
  });

  test.each([
    [1, 1],
    [0, 0],
    [-5, 0],
  ])('when %i ms are left, then t is %i', (resetMs, seconds) => {
    expect(headersFor([{ resetMs }]).ratelimit).toBe(`"global";r=9;t=${seconds}`);
  });

  test('when nothing has counted, then there are none', () => {
    expect(headersFor([])).toEqual({});
  });
});
