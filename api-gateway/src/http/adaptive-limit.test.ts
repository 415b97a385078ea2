import { AdaptiveLimit, type Place } from './adaptive-limit';

const MOST = 200;
const SECONDS = 60;
const GIVEN_UP_AFTER_MS = 2000;

/**
 * A service that does so many a second, in the order in which they came, and five times as many that are asked of it. Answers
 * how many were answered in each second before they were given up.
 */
function overloaded(limit: AdaptiveLimit, servedPerSecond: number): number[] {
  const workMs = 1000 / servedPerSecond;
  const answered = Array<number>(SECONDS).fill(0);
  const inHand: Place[] = [];
  const waiting: Place[] = [];
  let present: Place | undefined;
  let freeAt = 0;
  const end = (place: Place, now: number): boolean => {
    const index = inHand.indexOf(place);
    if (index < 0) return false;
    limit.leave(inHand.splice(index, 1)[0]!, true, now);
    return true;
  };
  for (let now = 0; now < SECONDS * 1000; now += workMs / 5) {
    if (now >= freeAt) {
      if (present && end(present, now)) answered[Math.floor(now / 1000)]!++;
      present = waiting.shift();
      if (present) freeAt = now + workMs;
    }
    // What nobody waits for any more is not begun with; what is begun is done.
    while (inHand[0] && now - inHand[0].since >= GIVEN_UP_AFTER_MS) {
      if (waiting[0] === inHand[0]) waiting.shift();
      end(inHand[0], now);
    }
    const place = limit.take(now);
    if (!place) continue;
    inHand.push(place);
    waiting.push(place);
  }
  for (const place of inHand) limit.leave(place, false);
  return answered;
}

interface Burst {
  /** As many at once as there are places, but at most so many. */
  readonly most: number;
  readonly at: number;
  readonly tookMs: number;
  readonly tells?: boolean;
}

function burst(limit: AdaptiveLimit, { most, at, tookMs, tells = true }: Burst): void {
  const places = Array.from({ length: Math.min(most, limit.limit) }, () => limit.take(at)!);
  for (const place of places) limit.leave(place, tells, at + tookMs);
}

describe('a limit that adapts', () => {
  test.each([15, 40, 80, 500])(
    'when five times as much comes as the %i a second that can be done, then most of it is done, from the first seconds on',
    (servedPerSecond) => {
      const answered = overloaded(new AdaptiveLimit(MOST), servedPerSecond);
      expect(Math.min(...answered.slice(5))).toBeGreaterThan(0.75 * servedPerSecond);
    },
  );

  test('when what is asked is done quickly, then there are as many places as there may be', () => {
    const limit = new AdaptiveLimit(MOST);
    overloaded(limit, 40);
    expect(limit.limit).toBeLessThan(MOST / 2);
    for (let round = 0; round < 100; round++) burst(limit, { most: MOST, at: 100_000, tookMs: 5 });
    expect(limit.limit).toBe(MOST);
    expect(Array.from({ length: MOST + 5 }, () => limit.take(100_000)).filter(Boolean)).toHaveLength(MOST);
  });

  test('when what takes long does so by design, or is only few, then it says nothing', () => {
    const limit = new AdaptiveLimit(MOST);
    for (let n = 0; n < 50; n++) burst(limit, { most: 50, at: 3000 * n, tookMs: 2500, tells: false });
    for (let n = 0; n < 50; n++) burst(limit, { most: 10, at: 3000 * n, tookMs: 2500 });
    expect(limit.limit).toBe(MOST);
  });

  test('when all take long for ever, then some are let in all the same', () => {
    const limit = new AdaptiveLimit(MOST);
    for (let n = 0; n < 500; n++) burst(limit, { most: MOST, at: 3000 * n, tookMs: 2900 });
    expect(limit.limit).toBe(20);
  });
});
