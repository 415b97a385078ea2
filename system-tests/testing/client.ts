import { randomUUID } from 'node:crypto';

const LONGEST_ANSWER_MS = 10_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** A whole answer, as it came. */
export interface Exchange {
  readonly response: Response;
  readonly text: string;
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** A REST client of the shop, signed in or not. */
export class Client {
  accessToken = '';
  refreshToken = '';
  account: Account;

  private headers: Record<string, string> = {};
  private patienceMs = LONGEST_ANSWER_MS;

  constructor(private readonly gateway: string) {}

  /** The same client, sending these headers too. */
  sending(headers: Record<string, string>): Client {
    return Object.assign(Object.create(this) as Client, { headers });
  }

  /** The same client, waiting no longer than that for an answer. */
  waiting(patienceMs: number): Client {
    return Object.assign(Object.create(this) as Client, { patienceMs });
  }

  /** A text as body is sent as it is. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const { response, text } = await this.exchange(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.accessToken ? { authorization: `Bearer ${this.accessToken}` } : {}),
        ...this.headers,
      },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(this.patienceMs),
    });
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  async logIn(email: string, password: string): Promise<Answer> {
    const answer = await this.call('POST', '/auth/login', { email, password });
    if (answer.status === 200) {
      this.keep(answer);
      this.account = { id: answer.body.user.id, email, password };
    }
    return answer;
  }

  async refresh(): Promise<Answer> {
    const answer = await this.call('POST', '/auth/refresh', { refreshToken: this.refreshToken });
    if (answer.status === 200) this.keep(answer);
    return answer;
  }

  /** A new customer, registered and signed in; `answered` may ask more than once. */
  async becomeCustomer(answered = (ask: () => Promise<Answer>) => ask()): Promise<Account> {
    const email = `customer-${randomUUID()}@example.com`;
    const password = `pw ${randomUUID()}`;
    const registration = { email, password, name: 'Ada Lovelace' };
    const { status: registered } = await answered(() => this.call('POST', '/auth/register', registration));
    const { status } = await answered(() => this.logIn(email, password));
    if (status !== 200) throw new Error(`a new customer, registered with ${registered}, could not sign in: ${status}`);
    return this.account;
  }

  /** The same session on another gateway. */
  at(gateway: string): Client {
    return Object.assign(new Client(gateway), {
      accessToken: this.accessToken,
      refreshToken: this.refreshToken,
      account: this.account,
    });
  }

  protected exchange(path: string, request: RequestInit): Promise<Exchange> {
    return exchange(this.gateway, path, request);
  }

  private keep({ body }: Answer): void {
    this.accessToken = body.accessToken;
    this.refreshToken = body.refreshToken;
  }
}

export async function exchange(gateway: string, path: string, request: RequestInit): Promise<Exchange> {
  const response = await fetch(`${gateway}${path}`, request);
  return { response, text: await response.text() };
}
