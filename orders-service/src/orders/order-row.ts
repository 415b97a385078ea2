import type { orders } from '@shop/proto';
import type { OrderStatus } from './order-process';

export interface OrderItem {
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  /** In the smallest unit of the order's currency, as it was when the order was placed. */
  readonly unitPrice: number;
  readonly quantity: number;
}

export interface NewOrder {
  readonly id: string;
  readonly userId: string;
  readonly items: readonly OrderItem[];
  readonly totalAmount: number;
  readonly currency: string;
  readonly paymentProvider: string;
  readonly paymentMethod: string;
  readonly shippingAddress: orders.Address;
  readonly idempotencyKey: string;
  readonly fingerprint: string;
}

/** Why an order failed, for clients: a code, and which lines were short. */
export interface OrderFailure {
  readonly code: string;
  readonly shortages?: orders.Shortage[];
}

/** What POST /orders answered first, as it is kept with the client's Idempotency-Key: without the address, which its order has. */
export interface StoredAnswer {
  readonly order: orders.Order;
  readonly failure: OrderFailure | null;
}

/** A row of `orders` as the driver gives it: bigint columns are strings. */
export interface OrderRow {
  id: string;
  number: string;
  user_id: string;
  status: OrderStatus;
  items: OrderItem[];
  total_amount: string;
  currency: string;
  payment_provider: string;
  payment_method: string;
  shipping_address_sealed: string | null;
  /** Only where it is shown: opened, unless it was erased. */
  shippingAddress?: orders.Address;
  history: { status: OrderStatus; at: string; reason?: string; by?: string }[];
  failure: OrderFailure | null;
  version: number;
  created_at: Date;
  updated_at: Date;
  expires_at: Date | null;
  attempt_status?: 'STARTED' | 'UNKNOWN' | 'CAPTURED' | 'DECLINED' | null;
  reference?: string | null;
  refund_status?: 'refund_pending' | 'refunded' | null;
}
