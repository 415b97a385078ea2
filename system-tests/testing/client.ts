import { randomUUID } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** A REST client of the shop, signed in or not. */
export class Client {
  accessToken = '';
  refreshToken = '';

  constructor(private readonly gateway: string) {}

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${this.gateway}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.accessToken ? { authorization: `Bearer ${this.accessToken}` } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  async logIn(email: string, password: string): Promise<Answer> {
    const answer = await this.call('POST', '/auth/login', { email, password });
    if (answer.status === 200) this.keep(answer);
    return answer;
  }

  async refresh(): Promise<Answer> {
    const answer = await this.call('POST', '/auth/refresh', { refreshToken: this.refreshToken });
    if (answer.status === 200) this.keep(answer);
    return answer;
  }

  /** A new customer, registered and signed in. */
  async becomeCustomer(): Promise<{ email: string; password: string; id: string }> {
    const email = `customer-${randomUUID()}@example.com`;
    const password = `pw ${randomUUID()}`;
    const { body } = await this.call('POST', '/auth/register', { email, password, name: 'Ada Lovelace' });
    await this.logIn(email, password);
    return { email, password, id: body.user.id };
  }

  private keep({ body }: Answer): void {
    this.accessToken = body.accessToken;
    this.refreshToken = body.refreshToken;
  }
}

export function anOrderOf(productId: string, quantity = 1, paymentMethod = 'pm_card_visa'): object {
  const shippingAddress = {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  };
  return { items: [{ productId, quantity }], paymentMethod, shippingAddress };
}

export function aProduct(available: number): object {
  const sku = `TEST-${randomUUID()}`;
  const price = { amount: 1999, currency: 'USD' };
  return { sku, name: 'Test lantern', description: 'For tests', price, category: 'testing', stock: { available } };
}

/** Tries again until the assertion holds, at most `withinMs`. */
export async function eventually(assertion: () => Promise<void>, withinMs = 5000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
