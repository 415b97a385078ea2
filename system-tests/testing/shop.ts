import { eventually } from '@shop/service-kit/testing';
import { aProduct } from './builders';
import { type Answer, Client } from './client';
import { System } from './system';

const PATIENCE_MS = 20_000;

/** What most tests begin with: clients of a running system, one of them its admin. */
export class Shop {
  private constructor(
    readonly system: System,
    readonly admin: Client,
  ) {}

  static async open(system = System.shared()): Promise<Shop> {
    const admin = new Client(system.state().gateway);
    const { email, password } = system.admin();
    const { status } = await onceServed(() => admin.logIn(email, password));
    if (status !== 200) throw new Error(`the admin could not sign in: ${status}`);
    return new Shop(system, admin);
  }

  anonymous(): Client {
    return new Client(this.system.state().gateway);
  }

  async customer(): Promise<Client> {
    const client = this.anonymous();
    await client.becomeCustomer(onceServed);
    return client;
  }

  /** One after the other: passwords are hashed by as many as there are cores. */
  async customers(count: number): Promise<Client[]> {
    const customers: Client[] = [];
    while (customers.length < count) customers.push(await this.customer());
    return customers;
  }

  async productOnSale(available: number, changes: object = {}): Promise<string> {
    // Another one each time: what was answered too late may have been made all the same.
    const { status, body } = await onceServed(() => this.admin.call('POST', '/products', aProduct(available, changes)));
    if (status !== 201) throw new Error(`a product could not be put on sale: ${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  async stockOf(productId: string): Promise<{ available: number; reserved: number }> {
    return (await this.admin.call('GET', `/products/${productId}`)).body.stock;
  }
}

/** What a test begins with is asked again while the answer is to come back later, as clients do. */
export function onceServed(ask: () => Promise<Answer>): Promise<Answer> {
  return eventually(async () => {
    const answer = await ask();
    if (answer.status === 503) throw new Error(`still refused: ${JSON.stringify(answer.body)}`);
    return answer;
  }, PATIENCE_MS);
}
