import { HOSTILE_TEXTS, WRONG_TYPES } from './hostile-texts';

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const PARAMETERS = ['limit', 'cursor', 'page', 'search', 'status', 'sort', 'minPrice', 'inStock', 'from', 'userId'];
const HEADERS = [
  'x-request-id',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'traceparent',
  'origin',
  'accept',
  'stripe-signature',
];
const TEXTS = Object.values(HOSTILE_TEXTS).flat();

/** Requests that are nearly right, by dice: the same dice, the same requests. */
export class Fuzz {
  constructor(
    private readonly dice: () => number,
    private readonly routes: readonly { readonly route: string; readonly example?: object }[],
  ) {}

  next(): FuzzedRequest {
    const { route, example } = this.oneOf(this.routes);
    const [method = 'GET', path = '/'] = route.split(' ');
    const chosen = this.chance(0.95) ? method : this.oneOf(METHODS);
    return {
      method: chosen,
      path: this.pathLike(path) + this.query(),
      body: chosen === 'GET' ? undefined : this.body(example),
      headers: this.headers(),
    };
  }

  private pathLike(path: string): string {
    const withId = path.replace(':id', () => (this.chance(0.5) ? 'some-id' : encodeURIComponent(this.text())));
    if (this.chance(0.93)) return withId;
    return this.chance(0.5) ? `${withId}/${encodeURIComponent(this.text())}` : `/v1${withId}/`;
  }

  private query(): string {
    if (this.chance(0.6)) return '';
    const one = () =>
      `${this.chance(0.9) ? this.oneOf(PARAMETERS) : encodeURIComponent(this.text())}=${encodeURIComponent(this.text())}`;
    return `?${Array.from({ length: 1 + Math.floor(3 * this.dice()) }, one).join('&')}`;
  }

  private body(example: object = {}): string {
    const text = JSON.stringify(this.changed(example));
    if (this.chance(0.9)) return text;
    const at = Math.floor(this.dice() * text.length);
    return text.slice(0, at) + this.oneOf(['', '"', '}', '\\', '\u0000', '[', 'x', '1e']) + text.slice(at + 1);
  }

  /** With a field or two that are wrong, missing or too many. */
  private changed(example: object): object {
    const copy: Record<string, unknown> = structuredClone(example) as Record<string, unknown>;
    for (let n = 0; n < 1 + 2 * this.dice(); n++) {
      const name = Object.keys(copy).length > 0 && this.chance(0.9) ? this.oneOf(Object.keys(copy)) : this.text();
      const inner = copy[name];
      if (this.chance(0.1)) delete copy[name];
      else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && this.chance(0.6))
        copy[name] = this.changed(inner);
      else copy[name] = this.value();
    }
    return copy;
  }

  private headers(): Record<string, string> {
    if (this.chance(0.7)) return {};
    const name = this.oneOf(HEADERS);
    // What no client could send is no request.
    return {
      [name]: this.text()
        .replaceAll(/[^\x20-\x7e]/g, '?')
        .trim(),
    };
  }

  private value(): unknown {
    return this.chance(0.5) ? this.text() : this.oneOf(WRONG_TYPES);
  }

  private text(): string {
    return Buffer.from(this.oneOf(TEXTS)).toString().slice(0, 2000);
  }

  private chance(of: number): boolean {
    return this.dice() < of;
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[Math.floor(this.dice() * values.length)] as T;
  }
}
