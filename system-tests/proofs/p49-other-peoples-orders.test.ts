import { randomUUID } from 'node:crypto';
import type { orders } from '@shop/proto';
import { type DomainError, runWithContext } from '@shop/service-kit';
import { anOrderOf } from '../testing/builders';
import { withoutRequest } from '../testing/clean-errors';
import type { Client } from '../testing/client';
import { percentile } from '../testing/percentile';
import { proof } from '../testing/proof';
import { serviceClientOf } from '../testing/service-client';

// The time is that of two queries, and a busy machine adds what it likes.
const SLACK = 0.5;

proof('P49', "when a customer asks for another's order, then it is answered like one that does not exist", {
  sizes: { ci: { tries: 30 }, S: { tries: 200 }, L: { tries: 200, rounds: 5 } },
  run: async ({ shop, size, history, figures }) => {
    const [owner, other] = (await shop.customers(2)) as [Client, Client];
    const { body: order } = await owner.call('POST', '/orders', anOrderOf(await shop.productOnSale(1)));
    const ids: Record<string, () => string> = { others: () => order.id as string, unknown: () => randomUUID() };
    for (let n = 0; n < size.tries; n++)
      for (const [whose, idOf] of Object.entries(ids)) {
        await history.record(`GET ${whose}`, () => other.call('GET', `/orders/${idOf()}`));
        await history.record(`cancel ${whose}`, () => other.call('POST', `/orders/${idOf()}/cancel`));
      }
    const answers = history.seen.map(({ answer }) => JSON.stringify(answer && withoutRequest(answer)));
    expect(new Set(answers).size).toBe(1);
    expect([history.seen[0]?.answer?.status, history.seen[0]?.answer?.body.code]).toEqual([404, 'NOT_FOUND']);
    const medianOf = (what: string) =>
      percentile(
        history.seen.filter((seen) => seen.what === what).map(({ tookMs }) => tookMs),
        50,
      );
    const ratio = medianOf('GET others') / medianOf('GET unknown');
    figures['time of others to unknown'] = ratio.toFixed(2);
    expect(Math.abs(ratio - 1)).toBeLessThan(SLACK);
    const ids404 = (await other.call('GET', '/orders')).body.items;
    expect(ids404).toEqual([]);

    // Past the gateway, too: the service decides by the signed user, not by what a request says.
    const client = serviceClientOf<orders.OrdersServiceClient>({ system: shop.system, service: 'orders' });
    try {
      const asOther = { requestId: randomUUID(), user: { id: other.account.id, role: 'customer' as const } };
      const reasonOf = (work: Promise<unknown>) =>
        work.then(
          () => 'answered',
          (error: DomainError) => error.reason,
        );
      for (const id of [order.id as string, randomUUID()])
        for (const ask of [() => client.getOrder({ id }), () => client.cancelOrder({ id })])
          expect(await runWithContext(asOther, () => reasonOf(ask()))).toBe('NOT_FOUND');
    } finally {
      client.close();
    }
    expect((await history.record('GET own', () => owner.call('GET', `/orders/${order.id}`))).answer?.body.status).toBe(
      'confirmed',
    );
  },
});
