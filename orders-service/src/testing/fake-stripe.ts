import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { refusal, type StripeAnswer, StripeBooks, type StripeRefund } from './stripe-books';
import { StripeWebhooks } from './stripe-webhooks';

/** What may go wrong with a request, each with a probability. */
export interface Whims {
  /** Work is done, and the connection closed without an answer. */
  dropAnswer: number;
  /** 500 before anything is begun; Stripe does not remember those. */
  failBefore: number;
  /** Work is done, and 500 remembered as its answer. */
  failAfter: number;
  /** How long an answer may take at most. */
  delayMs: number;
  /** How old an intent is before it can be searched for. */
  searchLagS: number;
}

interface KnownKey {
  readonly request: string;
  answer?: StripeAnswer;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly params: Record<string, string>;
  readonly body: string;
  readonly key?: string;
}

export const STRIPE_KEY = 'sk_test_aFakeOneForTests';

/** A Stripe of a test's own, with the semantics of its idempotency keys, as unkind as its whims say. */
export class FakeStripe {
  readonly whims: Whims = { dropAnswer: 0, failBefore: 0, failAfter: 0, delayMs: 0, searchLagS: 0 };
  readonly webhooks: StripeWebhooks;
  readonly books: StripeBooks;
  /** Method and path of every request. */
  readonly asked: string[] = [];
  private readonly keys = new Map<string, KnownKey>();

  private constructor(
    private readonly server: Server,
    private readonly random: () => number,
  ) {
    this.webhooks = new StripeWebhooks(random);
    this.books = new StripeBooks((type, object) => this.webhooks.send(type, { ...object }));
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async start(random: () => number = Math.random): Promise<FakeStripe> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new FakeStripe(server, random);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** As Stripe does after a day. */
  forgetKeys(): void {
    this.keys.clear();
  }

  async stop(): Promise<void> {
    this.webhooks.stop();
    await this.webhooks.drained();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    this.asked.push(`${request.method} ${request.path}`);
    if (incoming.headers.authorization !== `Bearer ${STRIPE_KEY}`) return answer(response, refusal({}, 401));
    if (this.random() < this.whims.failBefore) return answer(response, refusal({ type: 'api_error' }, 500));
    const known = request.key === undefined ? undefined : this.keys.get(request.key);
    const result = known ? repeated(known, request) : await this.first(request);
    if (this.random() < this.whims.dropAnswer) return void response.destroy();
    answer(response, result, known ? { 'idempotent-replayed': 'true' } : {});
  }

  // Whoever asks again while this one is being worked on is told so.
  private async first(request: Request): Promise<StripeAnswer> {
    const entry: KnownKey = { request: textOf(request) };
    if (request.key !== undefined) this.keys.set(request.key, entry);
    await delay(this.random() * this.whims.delayMs);
    const done = this.work(request);
    const isRefusal = done.status === 400 || done.status === 404;
    // What was never begun is not remembered.
    if (isRefusal && request.key !== undefined) this.keys.delete(request.key);
    entry.answer = !isRefusal && this.random() < this.whims.failAfter ? refusal({ type: 'api_error' }, 500) : done;
    return entry.answer;
  }

  private work({ method, path, query, params }: Request): StripeAnswer {
    const [, , collection = '', id = '', action = ''] = path.split('/');
    const { books } = this;
    const what = [method, collection, id && (id === 'search' ? 'search' : ':id'), action].filter(Boolean).join(' ');
    const works: Record<string, () => StripeAnswer> = {
      'POST payment_intents': () => books.create(params),
      'GET payment_intents': () => page([...books.intents.values()], query),
      'GET payment_intents :id': () => books.retrieve(id),
      'POST payment_intents :id cancel': () => books.cancel(id),
      'GET payment_intents search': () => books.search(attemptIn(query), this.whims.searchLagS),
      'POST refunds': () => books.refund(params),
      'GET refunds :id': () => books.retrieveRefund(id),
      'GET refunds': () => page(this.refundsFor(query), query),
    };
    return works[what]?.() ?? refusal({ message: `no such thing: ${what}` }, 404);
  }

  private refundsFor(query: URLSearchParams): object[] {
    const intent = query.get('payment_intent');
    const refunds = [...this.books.refunds.values()].filter((one) => !intent || one.payment_intent === intent);
    if (!query.has('expand[0]')) return refunds;
    return refunds.map((one: StripeRefund) => ({ ...one, payment_intent: this.books.intents.get(one.payment_intent) }));
  }
}

function repeated(known: KnownKey, request: Request): StripeAnswer {
  if (known.request !== textOf(request)) return refusal({ type: 'idempotency_error' });
  return known.answer ?? refusal({ code: 'idempotency_key_in_use' }, 409);
}

function textOf({ method, path, body }: Request): string {
  return `${method} ${path} ${body}`;
}

// Newest first, as Stripe lists.
function page(all: object[], query: URLSearchParams): StripeAnswer {
  const since = Number(query.get('created[gte]') ?? 0);
  const items = (all as { id: string; created: number }[]).filter(({ created }) => created >= since).reverse();
  const from = items.findIndex(({ id }) => id === query.get('starting_after')) + 1;
  const data = items.slice(from, from + Number(query.get('limit') ?? 10));
  return { status: 200, body: { object: 'list', data, has_more: from + data.length < items.length } };
}

function attemptIn(query: URLSearchParams): string {
  return /^metadata\['attempt_id'\]:'(.*)'$/.exec(query.get('query') ?? '')?.[1] ?? '';
}

async function read(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://stripe');
  const key = incoming.headers['idempotency-key'] as string | undefined;
  const params = Object.fromEntries(new URLSearchParams(body));
  return { method: incoming.method ?? '', path: pathname, query: searchParams, params, body, key };
}

function answer(response: ServerResponse, { status, body }: StripeAnswer, headers: Record<string, string> = {}): void {
  const always = { 'content-type': 'application/json', 'request-id': 'req_fake' };
  response.writeHead(status, { ...always, ...headers }).end(JSON.stringify(body));
}
