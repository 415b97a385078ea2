import { QUEUES } from '@shop/service-kit';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import { placeUntilKnown } from '../testing/buyer';
import { expectAllFinished } from '../testing/expect-consistent';
import { brokerOf, closeConnections, queuesOf } from '../testing/operator';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import type { System } from '../testing/system';

const PROMISED_MS = 10_000;

/** What happens to the broker; each answers once the broker itself is there again. */
const HARMS: Readonly<Record<string, (system: System) => Promise<void>>> = {
  'broker restarted': restartBroker,
  'connections closed': closeConnections,
  'queues deleted': deleteQueues,
};

proof(
  'P14',
  'when the broker restarts, closes connections or loses queues, then every consumer is back, and no process was restarted',
  {
    sizes: { ci: { times: 1 }, S: { times: 3 }, L: { times: 10, rounds: 3 } },
    run: async ({ shop, books, size, history, figures }) => {
      const { system } = shop;
      const productId = await shop.productOnSale(100);
      const [customer] = await shop.customers(1);
      const pids = () => Object.values(system.state().processes).map(({ pid }) => pid);
      const before = pids();
      for (const [name, harm] of Object.entries(HARMS)) {
        for (let turn = 0; turn < size.times; turn++) {
          // What is told of an order that has ended may lie in a queue that is about to be deleted.
          await expectAllFinished(books);
          history.note(name);
          await harm(system);
          const since = Date.now();
          await eventually(() => expectConsumers(system), withSlack(PROMISED_MS));
          const took = Date.now() - since;
          figures[name] =
            `${(Math.max(took, Number.parseFloat(String(figures[name] ?? 0)) * 1000) / 1000).toFixed(1)} s`;
          const seen = await placeUntilKnown(customer!, history, anOrderOf(productId));
          expect([201, 202]).toContain(seen.answer?.status);
        }
      }
      await expectAllFinished(books);
      expect(pids()).toEqual(before);
      expect(await books.wrongStock()).toEqual([]);
    },
  },
);

async function expectConsumers(system: System): Promise<void> {
  for (const [name, { consumerCount }] of await queuesOf(system, QUEUES))
    if (consumerCount === 0) throw new Error(`nobody listens to ${name}`);
}

async function restartBroker(system: System): Promise<void> {
  system.kill('rabbitmq');
  await eventually(async () => (await brokerOf(system)).close(), 60_000);
}

async function deleteQueues(system: System): Promise<void> {
  const broker = await brokerOf(system);
  const channel = await broker.createChannel();
  for (const queue of QUEUES) await channel.deleteQueue(queue);
  await broker.close();
}
