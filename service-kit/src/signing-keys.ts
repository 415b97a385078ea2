import { createHash, createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { splitList } from './config-rules';
import { firstOf, type KeyRing } from './key-ring';

/**
 * The keys of one kind of token, from a variable that EnvSecret has checked: the first signs, all verify. A token's `kid`
 * picks among them; whatever else a header says about keys (jku, jwk, x5u) is not looked at.
 */
export class SigningKeys {
  private readonly ring: KeyRing;

  constructor(secrets: string) {
    this.ring = new Map(splitList(secrets).map((secret) => [kidOf(secret), createSecretKey(Buffer.from(secret))]));
  }

  /** The name of the key that signs now. */
  get kid(): string {
    return firstOf(this.ring).kid;
  }

  /** The key of this name to sign with, or the one that signs now when there is none such. */
  named(kid?: string | null): { readonly kid: string; readonly key: KeyObject } {
    const key = kid ? this.ring.get(kid) : undefined;
    return kid && key ? { kid, key } : firstOf(this.ring);
  }

  /** The one key that this token may be verified with. One without `kid`, from before keys had names, may be of any. */
  keyOf(token: string): KeyObject | undefined {
    const kid = kidIn(token);
    if (kid !== undefined) return this.ring.get(kid as string);
    return [...this.ring.values()].find((key) => hasSigned(key, token));
  }
}

// Tells nothing about 32 random bytes, and the same secret has the same name in every process.
function kidOf(secret: string): string {
  return createHash('sha256').update('key of tokens\n').update(secret).digest('base64url').slice(0, 10);
}

function kidIn(token: string): unknown {
  try {
    const header = JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()) as unknown;
    return (header as { kid?: unknown } | null)?.kid;
  } catch {
    return undefined;
  }
}

function hasSigned(key: KeyObject, token: string): boolean {
  try {
    jwt.verify(token, key, { algorithms: ['HS256'], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
}
