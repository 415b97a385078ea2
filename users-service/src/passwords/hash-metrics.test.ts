import { metricsText } from '@shop/service-kit';
import { sumOf } from '@shop/service-kit/testing';
import { BoundedQueue } from './bounded-queue';

const shown = async (name: string) => sumOf(await metricsText(), name);

test('when more is to be hashed than anybody waits for, then what is under way and what was shed is shown', async () => {
  const queue = new BoundedQueue(1, 300);
  const before = (await shown('password_hashes_shed_total')) ?? 0;
  let end: () => void = () => undefined;
  const first = queue.run(() => new Promise<void>((resolve) => (end = resolve)));
  await expect(queue.run(async () => undefined)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  expect(await shown('password_hashes_in_progress')).toBe(1);
  expect(await shown('password_hashes_shed_total')).toBe(before + 1);
  end();
  await first;
  expect(await shown('password_hashes_in_progress')).toBe(0);
});
