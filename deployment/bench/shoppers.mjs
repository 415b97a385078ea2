import { randomUUID } from 'node:crypto';
import { Failure } from '../local/progress.mjs';

const CUSTOMERS = 8;
const ACCOUNTS_TO_LOG_IN = 8;
const PRODUCTS = 200;

/** Who and what the requests are about. Lists are read before there are more products than the sample catalogue has. */
export class Shop {
  #products;

  constructor({ generator, port, admin }) {
    this.generator = generator;
    this.port = port;
    this.admin = admin;
  }

  async open() {
    this.customers = await oneByOne(CUSTOMERS, () => becomeCustomer(this.port));
    this.accounts = await oneByOne(ACCOUNTS_TO_LOG_IN, () => register(this.port));
  }

  /** Ids of products with as much stock as anybody could buy. */
  products() {
    this.#products ??= this.#stockUp();
    return this.#products;
  }

  async #stockUp() {
    const { accessToken } = await call(this.port, 'POST', '/auth/login', { body: this.admin });
    const headers = { authorization: `Bearer ${accessToken}` };
    const ids = [];
    await inParallel(8, PRODUCTS, async (index) => {
      const { id } = await call(this.port, 'POST', '/products', { headers, body: productOf(index) });
      ids.push(id);
    });
    return ids;
  }
}

export async function call(port, method, path, { body, headers = {} } = {}) {
  const type = body ? { 'content-type': 'application/json' } : {};
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { ...type, ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Failure(`${method} ${path} answered ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

// As long as those of the sample catalogue.
function productOf(index) {
  const sku = `BENCH-${String(index).padStart(5, '0')}`;
  const description = 'Over-ear, noise cancelling, forty hours on a charge.';
  const price = { amount: 1000 + index, currency: 'USD' };
  const name = `Aria Wireless Headphones ${index}`;
  return {
    sku,
    name,
    description,
    price,
    category: 'Electronics',
    tags: ['audio', 'wireless'],
    stock: { available: 1_000_000 },
  };
}

async function becomeCustomer(port) {
  const { accessToken } = await call(port, 'POST', '/auth/login', { body: await register(port) });
  return { headers: { authorization: `Bearer ${accessToken}` } };
}

async function register(port) {
  const account = { email: `customer-${randomUUID()}@example.com`, password: `pw ${randomUUID()}` };
  await call(port, 'POST', '/auth/register', { body: { ...account, name: 'Ada Lovelace' } });
  return account;
}

async function oneByOne(count, make) {
  const made = [];
  while (made.length < count) made.push(await make());
  return made;
}

async function inParallel(width, count, work) {
  let begun = 0;
  const worker = async () => {
    while (begun < count) await work(begun++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
