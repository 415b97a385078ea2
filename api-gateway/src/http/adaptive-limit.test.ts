import { AdaptiveLimit, type Place } from './adaptive-limit';

const MOST = 200;
const SERVED_PER_SECOND = 50;

/** A service that does so much a second, and five times as much that is asked of it, for a minute. */
function overloaded(limit: AdaptiveLimit, served = SERVED_PER_SECOND) {
  const queue: Place[] = [];
  const waits: number[] = [];
  let done = 0;
  for (let now = 0; now < 60_000; now += 1000 / (5 * served)) {
    const place = limit.take(now);
    if (place) queue.push(place);
    while (queue.length > 0 && done < (now / 1000) * served) {
      const first = queue.shift()!;
      limit.leave(first, true, now);
      waits.push(now - first.since);
      done++;
    }
    if (queue.length === 0) done = (now / 1000) * served;
  }
  for (const place of queue) limit.leave(place, false);
  return waits;
}

describe('a limit that adapts', () => {
  test('when five times as much comes as can be done, then who is let in is soon answered within a second or so', () => {
    const waits = overloaded(new AdaptiveLimit(MOST));
    expect(Math.max(...waits)).toBeGreaterThan(3000);
    const later = waits.slice(waits.length / 3);
    expect(Math.max(...later)).toBeLessThan(1500);
    // All the time somebody is served.
    expect(waits.length).toBeGreaterThan(0.95 * 60 * SERVED_PER_SECOND);
  });

  test('when what is asked is done quickly, then there are as many places as there may be', () => {
    const limit = new AdaptiveLimit(MOST);
    overloaded(limit);
    expect(limit.limit).toBeLessThan(MOST / 2);
    const now = 100_000;
    for (let round = 0; round < 100; round++) {
      const places = Array.from({ length: limit.limit }, () => limit.take(now)!);
      for (const place of places) limit.leave(place, true, now + 5);
    }
    expect(limit.limit).toBe(MOST);
    expect(Array.from({ length: MOST + 5 }, () => limit.take(now)).filter(Boolean)).toHaveLength(MOST);
  });

  test('when what takes long does so by design, then it says nothing', () => {
    const limit = new AdaptiveLimit(MOST);
    for (let n = 0; n < 50; n++) limit.leave(limit.take(n)!, false, n + 2500);
    expect(limit.limit).toBe(MOST);
  });

  test('when all take long for ever, then some are let in all the same', () => {
    const limit = new AdaptiveLimit(MOST);
    for (let n = 0; n < 500; n++) limit.leave(limit.take(n * 3000)!, true, n * 3000 + 2900);
    expect(limit.limit).toBe(10);
  });
});
