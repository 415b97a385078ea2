import { runWithContext } from '@shop/service-kit';
import { BoundedQueue } from './bounded-queue';

/** Work that ends when told to. */
function held() {
  let release = (): void => undefined;
  const done = new Promise<void>((resolve) => (release = resolve));
  return { work: () => done, release };
}

const nothing = () => Promise.resolve('done');

describe('the queue of hashes', () => {
  test('when more come than may run, then they wait for their turn', async () => {
    const queue = new BoundedQueue(1);
    const first = held();
    const running = queue.run(first.work);
    const waiting = queue.run(nothing);
    first.release();
    await running;
    expect(await waiting).toBe('done');
  });

  test('when many come at once, then never more than the width run', async () => {
    const queue = new BoundedQueue(2, 60_000);
    let now = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
    };
    await Promise.all(Array.from({ length: 20 }, () => queue.run(work)));
    expect(most).toBe(2);
  });

  test('when the wait would outlast the patience, then it is refused at once, with a time to come back', async () => {
    const queue = new BoundedQueue(1);
    const first = held();
    const running = queue.run(first.work);
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, () => {
        const result = queue.run(nothing);
        setTimeout(first.release, 20);
        return result;
      }),
    );
    await running;
    const refused = all.filter((result) => result.status === 'rejected');
    // At a guessed 250 ms each, seven answers fit into 1.8 s: one runs, six wait.
    expect(refused).toHaveLength(44);
    expect(refused[0]?.reason).toMatchObject({ reason: 'UNAVAILABLE', retryAfterMs: expect.any(Number) });
  });

  test('when the caller has hung up by the time of its turn, then the work is not begun', async () => {
    const queue = new BoundedQueue(1);
    const first = held();
    const running = queue.run(first.work);
    const work = jest.fn(nothing);
    const context = { requestId: 'test-request', deadline: Date.now() + 510 };
    const waiting = runWithContext(context, () => queue.run(work)).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 600));
    first.release();
    await running;
    expect(await waiting).toMatchObject({ reason: 'UNAVAILABLE' });
    expect(work).not.toHaveBeenCalled();
  });

  test('when work fails, then its place is free again', async () => {
    const queue = new BoundedQueue(1);
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await queue.run(nothing)).toBe('done');
  });
});
