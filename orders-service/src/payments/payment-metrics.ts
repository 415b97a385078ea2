import { counter } from '@shop/service-kit';

const labels = ['provider', 'outcome'] as const;

export const countPayment = counter({
  name: 'payments_total',
  help: 'Payments that were captured or declined, once each; and answers that did not come, as unknown',
  labels,
});

export const countRefund = counter({
  name: 'refunds_total',
  help: 'Refunds that were paid, and tries that failed',
  labels,
});

/** There before anything has happened. */
export function showPaymentsOf(provider: string): void {
  for (const outcome of ['captured', 'declined', 'unknown']) countPayment({ provider, outcome }, 0);
  for (const outcome of ['paid', 'failed']) countRefund({ provider, outcome }, 0);
}
