import { graph, number, quantiles, rateOf, slowest } from './panels.mjs';

export const orders = {
  uid: 'shop-orders',
  title: 'Orders and saga',
  means: 'What becomes of orders, their stock and their payment',
  rows: {
    Now: [
      number({ title: 'Open orders', queries: { '{{status}}': 'max by (status) (orders_open)' } }),
      number({ title: 'Stuck orders', means: 'There should be none', queries: { stuck: 'max(orders_stuck)' } }),
      number({
        title: 'Drifts',
        means: 'Orders, stock and payments that disagree. There should be none',
        queries: { drifts: 'sum(max by (kind) (shop_drift)) or vector(0)' },
      }),
      number({
        title: 'Compared',
        unit: 's',
        means: 'Since orders, stock and payments were compared last: every five minutes',
        queries: { ago: 'time() - max(shop_reconciled_timestamp_seconds)' },
      }),
    ],
    Orders: [
      graph({
        title: 'Orders by what they became',
        unit: 'ops',
        queries: { '{{to}}': rateOf('orders_transitions_total', 'to') },
      }),
      graph({ title: 'Open orders', queries: { '{{status}}': 'max by (status) (orders_open)' } }),
      graph({
        title: 'From placed to the end',
        unit: 's',
        queries: quantiles('order_duration_seconds'),
      }),
      graph({
        title: 'From placed to the end for 95 %, by outcome',
        unit: 's',
        queries: { '{{outcome}}': slowest('order_duration_seconds', 'outcome') },
      }),
    ],
    'Stock and money': [
      graph({
        title: 'Reservations',
        unit: 'ops',
        queries: { '{{outcome}} {{reason}}': rateOf('stock_reservations_total', 'outcome, reason') },
      }),
      graph({
        title: 'Payments',
        unit: 'ops',
        queries: { '{{provider}} {{outcome}}': rateOf('payments_total', 'provider, outcome') },
      }),
      graph({
        title: 'Refunds',
        unit: 'ops',
        queries: { '{{provider}} {{outcome}}': `${rateOf('refunds_total', 'provider, outcome')} or vector(0)` },
      }),
      graph({ title: 'Drifts', queries: { '{{kind}}': 'max by (kind) (shop_drift) or vector(0)' } }),
    ],
    Events: [
      graph({
        title: 'Age of an event when it was handled, for 95 %',
        unit: 's',
        queries: { '{{queue}}': slowest('event_age_seconds', 'queue') },
      }),
      graph({
        title: 'Oldest event that waits to be sent',
        unit: 's',
        queries: { '{{job}}': 'max by (job) (outbox_oldest_unsent_age_seconds)' },
      }),
      graph({
        title: 'Dead letters',
        means: 'There should be none',
        queries: { '{{queue}}': 'max by (queue) (event_dead_letters)' },
      }),
    ],
  },
};
