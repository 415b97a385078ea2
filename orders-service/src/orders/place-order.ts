import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { currentUser, DomainError, MAX_AMOUNT } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { PaymentProvider } from '../payments/payment-provider';
import { ProductsClient } from '../products/products.client';
import { IdempotencyKeys } from './idempotency-keys';
import type { PlaceOrderDto } from './order.dto';
import type { OrderItem } from './order-row';
import { OrdersRepository } from './orders.repository';
import { OrderProgress } from './order-progress';

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
    if (!this.provider.knows(request.paymentMethod)) {
      const fields = [{ field: 'paymentMethod', message: 'paymentMethod is not one that the payment provider knows' }];
      throw new DomainError('VALIDATION_FAILED', { fields });
    }
    const items = await this.priced(request.items);
    const order = {
      id: randomUUID(),
      userId: request.userId,
      items: items.items,
      totalAmount: totalOf(items.items),
      currency: items.currency,
      paymentProvider: this.provider.name,
      paymentMethod: request.paymentMethod,
      shippingAddress: request.shippingAddress,
      idempotencyKey: request.idempotencyKey,
      fingerprint,
    };
    return (await this.keys.unlessTaken(() => this.repository.insert(order))) ? order.id : undefined;
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

  private async priced(lines: readonly orders.OrderLine[]): Promise<{ items: OrderItem[]; currency: string }> {
    const found = new Map((await this.products.get(lines.map((line) => line.productId))).map((one) => [one.id, one]));
    const items = lines.map(({ productId, quantity }) => {
      const product = found.get(productId);
      if (!product?.price) throw new DomainError('PRODUCT_NOT_FOUND', { detail: `There is no product ${productId}` });
      return { productId, sku: product.sku, name: product.name, unitPrice: product.price.amount, quantity };
    });
    return { items, currency: [...found.values()][0]?.price?.currency ?? '' };
  }
}

/** The same wish has the same fingerprint, whatever the order of its members. */
export function fingerprintOf({ items, paymentMethod, shippingAddress }: PlaceOrderDto): string {
  const lines = items.map(({ productId, quantity }) => `${productId} ${quantity}`).sort();
  const address = Object.entries(shippingAddress).sort(([a], [b]) => a.localeCompare(b));
  return createHash('sha256')
    .update(JSON.stringify([lines, paymentMethod, address]))
    .digest('base64url');
}

function totalOf(items: readonly OrderItem[]): number {
  const total = items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0);
  if (!Number.isSafeInteger(total) || total > MAX_AMOUNT) {
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'items', message: 'the total is too large' }] });
  }
  return total;
}
