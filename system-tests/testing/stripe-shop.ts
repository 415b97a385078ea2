import { FakeStripe, STRIPE_KEY } from '../../orders-service/src/testing/fake-stripe';
import { Shop } from './shop';
import { System, WEBHOOK_SECRET } from './system';

const WEBHOOKS = { secret: WEBHOOK_SECRET, copies: 3, withinMs: 8000 };

/** A system of its own that takes its money with a fake Stripe, which tells of every payment three times and in any order. */
export class StripeShop {
  private constructor(
    readonly stripe: FakeStripe,
    readonly shop: Shop,
  ) {}

  static async open(dice: () => number): Promise<StripeShop> {
    const stripe = await FakeStripe.start(dice);
    let system: System | undefined;
    try {
      system = await System.start({
        PAYMENT_PROVIDER: 'stripe',
        STRIPE_SECRET_KEY: STRIPE_KEY,
        STRIPE_API_URL: stripe.url,
        // It asks again before most webhooks have come: both have something to say.
        SAGA_RECOVERY_INTERVAL: '500ms',
        SAGA_PAYMENT_TIMEOUT: '3s',
        SAGA_STARTED_STALE_AFTER: '4s',
      });
      stripe.webhooks.target = { ...WEBHOOKS, url: `${system.state().gateway}/webhooks/stripe` };
      return new StripeShop(stripe, await Shop.open(system));
    } catch (error) {
      await Promise.allSettled([stripe.stop(), system?.stop()]);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.stripe.stop(), this.shop.system.stop()]);
  }

  /** Every payment with money that was kept, by Stripe's own books. */
  kept(): { reference: string; net: number }[] {
    const { books } = this.stripe;
    const all = [...books.intents.values()].map((intent) => ({ reference: intent.id, net: books.netOf(intent) }));
    return all.filter(({ net }) => net !== 0);
  }
}
