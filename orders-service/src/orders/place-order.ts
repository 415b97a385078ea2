import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { currentUser, DomainError, requireTime } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { PaymentProvider } from '../payments/payment-provider';
import { ProductsClient } from '../products/products.client';
import { fingerprintOf } from './fingerprint';
import { IdempotencyKeys } from './idempotency-keys';
import type { PlaceOrderDto } from './order.dto';
import { OrderProgress } from './order-progress';
import { OrdersRepository } from './orders.repository';
import { priceItems } from './price-items';

// To write the order and to answer; with less, the caller would not hear that there is one.
const LEAST_TIME_MS = 100;

/** POST /orders: the order is written, and then this only waits; the process goes on without it. */
@Injectable()
export class PlaceOrder {
  constructor(
    private readonly keys: IdempotencyKeys,
    private readonly products: ProductsClient,
    private readonly provider: PaymentProvider,
    private readonly repository: OrdersRepository,
    private readonly progress: OrderProgress,
  ) {}

  /** @throws DomainError PRODUCT_NOT_FOUND, VALIDATION_FAILED, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS, UNAVAILABLE. */
  async execute(request: PlaceOrderDto): Promise<orders.PlaceOrderResponse> {
    const giveUpAt = Date.now() + request.waitMs;
    if (currentUser().id !== request.userId) throw new DomainError('FORBIDDEN');
    const fingerprint = fingerprintOf(request);
    const known = await this.keys.find(request.userId, request.idempotencyKey, fingerprint);
    if (known) return known.response ?? this.progress.answer(known.orderId, giveUpAt, true);
    const orderId = await this.write(request, fingerprint);
    if (!orderId) return this.repeat(request, fingerprint, giveUpAt);
    this.progress.nudge();
    return this.progress.answer(orderId, giveUpAt, false);
  }

  private async write(request: PlaceOrderDto, fingerprint: string): Promise<string | undefined> {
    const { userId, items, paymentMethod, shippingAddress, idempotencyKey } = request;
    if (!this.provider.knows(paymentMethod)) {
      const fields = [{ field: 'paymentMethod', message: 'paymentMethod is not one that the payment provider knows' }];
      throw new DomainError('VALIDATION_FAILED', { fields });
    }
    this.progress.requireRoom();
    const priced = priceItems(items, await this.products.get(items.map(({ productId }) => productId)));
    requireTime(LEAST_TIME_MS);
    const order = {
      id: randomUUID(),
      userId,
      ...priced,
      paymentProvider: this.provider.name,
      paymentMethod,
      shippingAddress,
      idempotencyKey,
      fingerprint,
    };
    return (await this.keys.unlessTaken(idempotencyKey, () => this.repository.insert(order))) ? order.id : undefined;
  }

  // Another request with the same key was faster by a moment.
  private async repeat(
    request: PlaceOrderDto,
    fingerprint: string,
    giveUpAt: number,
  ): Promise<orders.PlaceOrderResponse> {
    const known = await this.keys.find(request.userId, request.idempotencyKey, fingerprint);
    if (!known) throw new DomainError('REQUEST_IN_PROGRESS', { retryAfterMs: 1000 });
    return known.response ?? this.progress.answer(known.orderId, giveUpAt, true);
  }
}
