import { askedGauge, counter, gauge, histogram, metricsText } from './metrics';
import { sumOf } from './testing/metrics';

let made = 0;
const aName = () => `test_metric_${++made}`;
const shown = async (name: string, labels = {}) => sumOf(await metricsText(), name, labels);

test('when something is counted with 0, then it is there before it happens, and made again it goes on', async () => {
  const description = { name: aName(), help: 'Things', labels: ['kind'] } as const;
  const count = counter(description);
  count({ kind: 'a' }, 0);
  expect(await shown(description.name)).toBe(0);
  count({ kind: 'a' });
  counter(description)({ kind: 'a' });
  expect(await shown(description.name, { kind: 'a' })).toBe(2);
});

test('when a duration is noted, then it is in the buckets that are long enough, also when it is made again', async () => {
  const description = { name: aName(), help: 'Durations', labels: ['of'] } as const;
  histogram(description)({ of: 'x' }, 0.15);
  histogram(description)({ of: 'x' }, 4);
  const below = (le: string) => shown(`${description.name}_bucket`, { le });
  expect([await below('0.1'), await below('0.2'), await below('3'), await below('5')]).toEqual([0, 1, 1, 2]);
});

test('when a gauge is set twice, then the last value counts', async () => {
  const set = gauge({ name: aName(), help: 'A level', labels: ['of'] });
  set({ of: 'x' }, 3);
  set({ of: 'x' }, 1);
  expect(await shown(`test_metric_${made}`, { of: 'x' })).toBe(1);
});

describe('a value that is asked for at the scrape', () => {
  test('when scrapes come close together, then it is asked once', async () => {
    const read = jest.fn(() => 7);
    const name = aName();
    askedGauge({ name, help: 'Costly', read });
    expect(await Promise.all([shown(name), shown(name)])).toEqual([7, 7]);
    expect(await shown(name)).toBe(7);
    expect(read).toHaveBeenCalledTimes(1);
  });

  test('when it can be fresh, then every scrape asks', async () => {
    let value = 1;
    const name = aName();
    askedGauge({ name, help: 'Cheap', read: () => value++, freshForMs: 0 });
    expect([await shown(name), await shown(name)]).toEqual([1, 2]);
  });

  test('when asking fails, then the scrape has all else and the last value', async () => {
    const [name, other] = [aName(), aName()];
    const read = jest.fn<Promise<number>, []>().mockResolvedValueOnce(5).mockRejectedValue(new Error('away'));
    askedGauge({ name, help: 'Of a store', read, freshForMs: 0 });
    askedGauge({ name: other, help: 'Of another', read: () => Promise.reject(new Error('away')) });
    expect([await shown(name), await shown(name), await shown(other)]).toEqual([5, 5, undefined]);
  });

  test('when the answer does not come, then whoever scrapes does not wait for it, and sees it when it is there', async () => {
    const name = aName();
    let answer: (value: number) => void = () => undefined;
    askedGauge({ name, help: 'Slow', read: () => new Promise<number>((resolve) => (answer = resolve)) });
    expect(await shown(name)).toBeUndefined();
    answer(9);
    expect(await shown(name)).toBe(9);
  });

  test('when a label is no longer answered, then it is not shown any more', async () => {
    const answers: Record<string, number>[] = [{ a: 1, b: 2 }, { b: 3 }];
    const name = aName();
    askedGauge({ name, help: 'By kind', label: 'kind', read: () => answers.shift(), freshForMs: 0 });
    expect(await shown(name)).toBe(3);
    expect(await shown(name, { kind: 'a' })).toBeUndefined();
  });
});
