import { randomUUID } from 'node:crypto';
import type { Client } from './client';
import { anOrderOf } from './builders';
import { Repeating } from './repeating';
import type { Shop } from './shop';

const CARDS = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa', 'pm_card_visa_chargeDeclined'];

/** Customers who buy, cancel and register, and an admin who changes the stock, until they are told to stop. */
export class BusyShop {
  /** Orders that a customer was told are confirmed, and has not cancelled, by when the answer came. */
  readonly confirmed: { customer: Client; id: string; at: number }[] = [];
  readonly customers: Client[] = [];
  placed = 0;
  cancelled = 0;
  adjusted = 0;

  private work?: Repeating;

  constructor(
    private readonly shop: Shop,
    readonly productIds: readonly string[],
  ) {}

  async begin(buyers: number): Promise<void> {
    for (let i = 0; i < buyers; i++) this.customers.push(await this.shop.customer());
    const buying = this.customers.map((customer) => () => this.buy(customer));
    this.work = new Repeating(0, [...buying, () => this.adjust(), () => this.register()]);
  }

  async end(): Promise<void> {
    await this.work?.stop();
  }

  private async buy(customer: Client): Promise<void> {
    const turn = this.placed++;
    const order = anOrderOf(this.anyProduct(turn), 1 + (turn % 2), CARDS[turn % CARDS.length]);
    const { status, body } = await customer.sending({ 'idempotency-key': randomUUID() }).call('POST', '/orders', order);
    if (status !== 201) return;
    if (turn % 3 !== 0) return void this.confirmed.push({ customer, id: body.id, at: Date.now() });
    const { status: answer } = await customer.call('POST', `/orders/${body.id}/cancel`);
    if (answer === 200) this.cancelled++;
  }

  // Whom a busy machine turns away (503) is no customer, and nobody's promise.
  private async register(): Promise<void> {
    const customer = this.shop.anonymous();
    const account = await customer.becomeCustomer().catch(() => undefined);
    if (account) this.customers.push(customer);
  }

  private async adjust(): Promise<void> {
    const delta = this.adjusted % 3 === 2 ? -1 : 2;
    const path = `/products/${this.anyProduct(this.adjusted)}/stock`;
    const { status } = await this.shop.admin.call('PATCH', path, { delta, reason: 'stocktaking' });
    if (status === 200) this.adjusted++;
  }

  private anyProduct(turn: number): string {
    return this.productIds[turn % this.productIds.length] as string;
  }
}
