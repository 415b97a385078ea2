import { OrdersConfig } from '../config';
import type { AttemptsRepository } from './attempts.repository';
import type { ChargeCard } from './charge-card';
import { CLAIMED_AT_ONCE } from './claimed-at-once';
import type { PaymentProvider } from './payment-provider';
import { ResolveUnknownPayments } from './resolve-unknown-payments';

const left = (count: number) => Array.from({ length: count }, (_, key) => ({ key }));

test.each([
  ['a whole batch was answered', CLAIMED_AT_ONCE, true, true],
  ['all that was left is done', CLAIMED_AT_ONCE - 1, true, false],
  ['the provider is away', CLAIMED_AT_ONCE, false, false],
] as const)(
  'when %s, then the next batch follows at once, or comes in its time',
  async (...[, count, isAnswered, isMoreDue]) => {
    const attempts = { claimLeft: async () => left(count) } as unknown as AttemptsRepository;
    const card = { execute: async () => isAnswered } as unknown as ChargeCard;
    const provider = { name: 'simulated' } as PaymentProvider;
    const resolve = new ResolveUnknownPayments(new OrdersConfig(), attempts, card, provider);
    expect(await resolve.execute()).toBe(isMoreDue);
  },
);
