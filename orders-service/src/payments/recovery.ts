import { Injectable } from '@nestjs/common';
import { IdempotencyKeys } from '../orders/idempotency-keys';
import { PayOrder } from './pay-order';
import { PayRefunds } from './pay-refunds';
import { ResolveUnknownPayments } from './resolve-unknown-payments';

/** What recovery does about money. */
@Injectable()
export class Recovery {
  constructor(
    private readonly payOrder: PayOrder,
    private readonly unknown: ResolveUnknownPayments,
    private readonly refunds: PayRefunds,
    private readonly keys: IdempotencyKeys,
  ) {}

  pay(orderId: string): void {
    this.payOrder.soon(orderId);
  }

  resolveUnknown(): Promise<void> {
    return this.unknown.execute();
  }

  payRefunds(): Promise<void> {
    return this.refunds.execute();
  }

  forgetOldKeys(): Promise<void> {
    return this.keys.forgetOld();
  }
}
