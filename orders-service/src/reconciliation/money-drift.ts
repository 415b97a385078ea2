import type { ComparedAttempt, ComparedOrder } from './compared-orders.repository';
import type { Drift } from './drift';
import { isSold, isWithoutSale } from './stock-drift';

/** Where an order and its own rows of attempts and refunds disagree. */
export function moneyDriftsOf(order: ComparedOrder): Drift[] {
  const captured = order.attempts.filter(({ status }) => status === 'CAPTURED');
  const about = { of: 'order', id: order.id } as const;
  return [...captureDrift(order, captured), ...refundDrift(order, captured), ...amountDrift(order, captured)].map(
    (drift) => ({ ...about, ...drift }),
  );
}

type Found = Pick<Drift, 'kind' | 'detail' | 'mend'>;

function captureDrift({ status }: ComparedOrder, captured: readonly ComparedAttempt[]): Found[] {
  if (isSold(status)) return captured.length > 0 ? [] : [{ kind: 'not-paid', detail: status }];
  if (captured.length === 0 || isWithoutSale(status)) return [];
  const mend = status === 'PAYING' ? ('apply the capture' as const) : undefined;
  return [{ kind: 'capture-not-applied', detail: `${status}, payment ${captured[0]?.id}`, mend }];
}

function refundDrift({ status, refunds }: ComparedOrder, captured: readonly ComparedAttempt[]): Found[] {
  if (!isWithoutSale(status))
    return refunds.length > 0 ? [{ kind: 'refunded-but-alive', detail: `${status}, refund ${refunds[0]?.id}` }] : [];
  const kept = captured.filter(({ id }) => !refunds.some(({ attemptId }) => attemptId === id));
  return kept.map(({ id }) => ({
    kind: 'refund-missing' as const,
    detail: `${status}, payment ${id}`,
    mend: 'open the refund' as const,
  }));
}

function amountDrift({ total, attempts, refunds }: ComparedOrder, captured: readonly ComparedAttempt[]): Found[] {
  const amounts = [
    ...captured.map(({ amount }) => [total, amount] as const),
    ...refunds.map(({ attemptId, amount }) => [attempts.find(({ id }) => id === attemptId)?.amount, amount] as const),
  ];
  return amounts
    .filter(([wanted, amount]) => wanted !== amount)
    .slice(0, 1)
    .map(([wanted, amount]) => ({ kind: 'amount-differs', detail: `${amount} instead of ${wanted}` }));
}
