import { eventually } from '@shop/service-kit/testing';
import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrderOf } from '../testing/builders';
import { orderIdOf, placeUntilKnown, sharedBy } from '../testing/buyer';
import type { Client } from '../testing/client';
import { ordersOf, type SeenOrder } from '../testing/expect-consistent';
import type { History } from '../testing/history';
import { Nemesis } from '../testing/nemesis';
import { timeOf, withSlack } from '../testing/promised-times';
import { proof, type Scene } from '../testing/proof';
import { StripeShop } from '../testing/stripe-shop';

const BUYERS = 10;
const ALL_FINISHED_WITHIN_MS = 30_000;
const UNKIND = { dropAnswer: 0.3, delayMs: 200 };
// Every such order is cancelled, and the card of every such one declined.
const CANCELLED = 5;
const DECLINED = 8;

interface Size {
  readonly orders: number;
  readonly kills: number;
  readonly everyMs: number;
}

interface PaidOrder extends SeenOrder {
  readonly total: { readonly amount: number };
  readonly payment: { readonly status: string; readonly reference?: string };
}

proof('P07', 'when Stripe drops answers and repeats its webhooks, then a card is charged exactly once or not at all', {
  sizes: {
    ci: { orders: 25, kills: 1, everyMs: 1500 },
    S: { orders: 300, kills: 10, everyMs: 5000 },
    L: { orders: 300, kills: 20, everyMs: 4000, rounds: 4 },
  },
  run: async (scene) => {
    const own = await StripeShop.open(randomOf(scene.round));
    try {
      const customers = await own.shop.customers(BUYERS);
      await buy(own, customers, scene);
      await compare(own, customers, scene);
    } finally {
      await own.close();
    }
  },
});

async function buy({ shop, stripe }: StripeShop, customers: Client[], scene: Scene<Size>): Promise<void> {
  const { size, round, history, figures } = scene;
  const productId = await shop.productOnSale(size.orders);
  Object.assign(stripe.whims, UNKIND);
  const rhythm = { everyMs: size.everyMs, atMost: size.kills, dice: randomOf(round) };
  const nemesis = Nemesis.killing(shop.system, history, { ...rhythm, victims: ['orders-service'] });
  await sharedBy(BUYERS, [...Array(size.orders).keys()], async (turn, buyer) => {
    const customer = customers[buyer]!;
    const card = turn % DECLINED === 0 ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa';
    const seen = await placeUntilKnown(customer, history, anOrderOf(productId, 1, card));
    if (turn % CANCELLED !== 0 || seen.outcome !== 'ok') return;
    await eventually(() => isCancelled(customer, orderIdOf(seen), history), withSlack(ALL_FINISHED_WITHIN_MS));
  });
  await nemesis.stop();
  figures.kills = nemesis.harm;
}

// Not while it is being paid; and Stripe may decline it before it can be cancelled.
async function isCancelled(customer: Client, id: string, history: History): Promise<boolean> {
  const cancel = await history.record('POST /orders/:id/cancel', () => customer.call('POST', `/orders/${id}/cancel`));
  if (cancel.outcome === 'ok') return true;
  const { answer } = await history.record('GET /orders/:id', () => customer.call('GET', `/orders/${id}`));
  return answer?.body.status === 'failed';
}

async function compare(own: StripeShop, customers: Client[], scene: Scene<Size>): Promise<void> {
  const { stripe } = own;
  const { size, figures } = scene;
  const orders = async (): Promise<PaidOrder[]> => (await Promise.all(customers.map(ordersOf))).flat() as PaidOrder[];
  figures['finished after ms'] = await timeOf(() =>
    eventually(async () => expect((await orders()).filter(isOpen)).toEqual([]), withSlack(ALL_FINISHED_WITHIN_MS)),
  );
  // The last of them are late, and must change nothing any more.
  await eventually(() => expect(stripe.webhooks.left).toBe(0), withSlack(ALL_FINISHED_WITHIN_MS));
  const all = await orders();
  const confirmed = all.filter(({ status }) => status === 'confirmed');
  const { asked, books, webhooks } = stripe;
  Object.assign(figures, { confirmed: confirmed.length, refunds: books.refunds.size });
  Object.assign(figures, { 'requests to Stripe': asked.length, webhooks: webhooks.answers['200'] ?? 0 });
  expect(all).toHaveLength(size.orders);
  expect(books.refunds.size).toBeGreaterThan(0);
  expect(own.kept().sort(byReference)).toEqual(
    confirmed.map(({ payment, total }) => ({ reference: payment.reference, net: total.amount })).sort(byReference),
  );
}

function isOpen({ status, payment }: PaidOrder): boolean {
  return status === 'pending' || payment.status === 'refund_pending';
}

function byReference(a: { reference?: string }, b: { reference?: string }): number {
  return (a.reference ?? '').localeCompare(b.reference ?? '');
}
