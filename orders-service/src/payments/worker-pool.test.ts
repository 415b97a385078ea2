import { requestContext, runWithContext } from '@shop/service-kit';
import { WorkerPool } from './worker-pool';

const never = (error: unknown) => {
  throw error;
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

function gated() {
  const begun: string[] = [];
  const finish = new Map<string, () => void>();
  const work = (name: string) => () => {
    begun.push(name);
    return new Promise<void>((resolve) => finish.set(name, resolve));
  };
  return { begun, finish, work };
}

describe('WorkerPool', () => {
  test('when more is given than fits, then the rest waits its turn', async () => {
    const { begun, finish, work } = gated();
    const pool = new WorkerPool(2);
    for (const name of ['a', 'b', 'c']) pool.run(name, work(name), never);
    expect(begun).toEqual(['a', 'b']);
    finish.get('a')?.();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('when something waits already, then it is not queued again', async () => {
    const { begun, finish, work } = gated();
    const pool = new WorkerPool(1);
    for (const name of ['a', 'b', 'b', 'b']) pool.run(name, work(name), never);
    finish.get('a')?.();
    await turn();
    finish.get('b')?.();
    await turn();
    expect(begun).toEqual(['a', 'b']);
  });

  test('when work fails, then it is reported and the next begins', async () => {
    const errors: unknown[] = [];
    const { begun, work } = gated();
    const pool = new WorkerPool(1);
    pool.run(
      'a',
      () => Promise.reject(new Error('no')),
      (error) => errors.push(error),
    );
    pool.run('b', work('b'), never);
    await turn();
    expect(errors).toHaveLength(1);
    expect(begun).toEqual(['b']);
  });

  test('when work has waited for that of another request, then it runs as part of its own', async () => {
    const { finish, work } = gated();
    const seen: unknown[] = [];
    const pool = new WorkerPool(1);
    const look = async () => void seen.push(requestContext()?.requestId);
    runWithContext({ requestId: 'first' }, () => pool.run('a', work('a'), never));
    runWithContext({ requestId: 'second' }, () => pool.run('b', look, never));
    finish.get('a')?.();
    await turn();
    expect(seen).toEqual(['second']);
  });

  test('when drained, then nothing new begins and waiting ends with its patience', async () => {
    const { begun, work } = gated();
    const pool = new WorkerPool(1);
    pool.run('a', work('a'), never);
    pool.run('b', work('b'), never);
    await pool.drain(20);
    pool.run('c', work('c'), never);
    expect(begun).toEqual(['a']);
  });
});
