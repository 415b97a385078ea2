import { Injectable } from '@nestjs/common';
import { DomainError, Logger } from '@shop/service-kit';
import type Stripe from 'stripe';
import { GatewayConfig } from '../config';
import type { RequestWithRawBody } from '../http/json-body';

const TOLERANCE_S = 300;

/** Messages that Stripe has signed within five minutes of now. */
@Injectable()
export class StripeEvents {
  private readonly secret?: string;
  private readonly webhooks?: typeof Stripe.webhooks;

  constructor(
    { STRIPE_WEBHOOK_SECRET }: GatewayConfig,
    private readonly logger: Logger,
  ) {
    if (!STRIPE_WEBHOOK_SECRET) return;
    this.secret = STRIPE_WEBHOOK_SECRET;
    // Stripe's library takes 17 MB of memory: only who uses it should have it.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    this.webhooks = (require('stripe') as typeof Stripe).webhooks;
  }

  /** @throws DomainError NOT_FOUND where Stripe is not used, VALIDATION_FAILED. */
  read(request: RequestWithRawBody): Stripe.Event {
    if (!this.webhooks || !this.secret) throw new DomainError('NOT_FOUND');
    const signature = String(request.headers['stripe-signature'] ?? '');
    try {
      refuseFuture(signature);
      return this.webhooks.constructEvent(request.rawBody ?? '', signature, this.secret, TOLERANCE_S);
    } catch (error) {
      this.logger.security('webhook_refused', { ip: request.ip, reason: reasonOf(error) });
      throw new DomainError('VALIDATION_FAILED', { detail: 'Stripe-Signature is not valid for this body and time' });
    }
  }
}

// The library refuses old times only; and of several it takes one, which need not be the one that is looked at.
function refuseFuture(signature: string): void {
  const times = signature.split(',').filter((part) => part.startsWith('t='));
  const latest = Math.floor(Date.now() / 1000) + TOLERANCE_S;
  if (times.some((time) => !(Number(time.slice(2)) <= latest))) throw new Error('Timestamp in the future');
}

// Its first sentence: the rest is advice, and the body.
function reasonOf(error: unknown): string {
  return error instanceof Error ? (/^[^.\n]*/.exec(error.message)?.[0] ?? '') : '';
}
