import type { DataSource } from 'typeorm';
import { WaitForOutcome } from './wait-for-outcome';

describe('waiting for the outcome of an order', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('when the process stops meanwhile, then the wait ends at once and leaves no timer', async () => {
    const waiter = new WaitForOutcome({ query: () => Promise.resolve([]) } as unknown as DataSource);
    const waits = ['order-1', 'order-2'].map((id) => waiter.settled(id, Date.now() + 2500));
    waiter.onApplicationShutdown();
    expect(jest.getTimerCount()).toBe(0);
    await Promise.all(waits);
  });
});
