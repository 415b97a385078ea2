import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { OrdersClient } from '../clients.module';

const OUTCOMES = new Map([
  ['payment_intent.succeeded', 'captured'],
  ['payment_intent.payment_failed', 'declined'],
  ['payment_intent.canceled', 'declined'],
]);

/** Hands on what an event says about a payment. Whether it is one of this shop, orders-service knows. */
@Injectable()
export class RecordStripeEvent {
  constructor(private readonly orders: OrdersClient) {}

  async execute({ type, data }: Stripe.Event): Promise<void> {
    const outcome = OUTCOMES.get(type);
    const { id: reference, metadata } = data.object as Stripe.PaymentIntent;
    if (!outcome || !metadata?.shop || !metadata.attempt_id) return;
    await this.orders.recordPaymentOutcome({ shop: metadata.shop, attemptId: metadata.attempt_id, outcome, reference });
  }
}
