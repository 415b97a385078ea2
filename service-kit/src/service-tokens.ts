import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { LRUCache } from 'lru-cache';
import { DomainError } from './errors';
import type { EndUser } from './request-context';
import { SigningKeys } from './signing-keys';

const LIFETIME_S = 60;
const RENEW_AFTER_MS = 40_000;
const CLOCK_SKEW_S = 30;

export interface ServiceClaims {
  /** The calling app. */
  readonly caller: string;
  readonly user?: EndUser;
}

/**
 * Proof of which app calls, and for which end user: a JWT (HS256) signed with JWT_SERVICE_SECRET for one audience, valid
 * for 60 s. The end user's id and role are inside the signature, so a service need not believe a plain field.
 */
export class ServiceTokens {
  private readonly keys: SigningKeys;
  private readonly issued = new LRUCache<string, string>({ max: 5000, ttl: RENEW_AFTER_MS });
  private readonly verified = new LRUCache<string, ServiceClaims>({ max: 5000 });

  constructor(
    private readonly self: string,
    /** One, or two with a comma while they change. */
    secrets: string,
  ) {
    this.keys = new SigningKeys(secrets);
  }

  issue(audience: string, user?: EndUser): string {
    const cacheKey = `${audience} ${user?.id ?? ''} ${user?.role ?? ''}`;
    const known = this.issued.get(cacheKey);
    if (known) return known;
    const { kid, key } = this.keys.named();
    const token = jwt.sign({ typ: 'service', ...(user ? { user } : {}) }, key, {
      algorithm: 'HS256',
      keyid: kid,
      issuer: this.self,
      subject: this.self,
      audience,
      expiresIn: LIFETIME_S,
      jwtid: randomUUID(),
    });
    this.issued.set(cacheKey, token);
    return token;
  }

  /** @throws DomainError UNAUTHENTICATED for anything but a live token made for this app. */
  verify(token: string): ServiceClaims {
    const known = this.verified.get(token);
    if (known) return known;
    const claims = this.decode(token);
    if (claims.typ !== 'service' || !claims.sub || claims.iss !== claims.sub || !claims.exp || !claims.iat)
      throw refused();
    if (claims.exp - claims.iat > LIFETIME_S || claims.iat > Date.now() / 1000 + CLOCK_SKEW_S) throw refused();
    const result: ServiceClaims = { caller: claims.sub, user: toEndUser(claims.user) };
    const ttl = claims.exp * 1000 - Date.now();
    if (ttl > 0) this.verified.set(token, result, { ttl });
    return result;
  }

  private decode(token: string): jwt.JwtPayload {
    const key = this.keys.keyOf(token);
    if (!key) throw refused();
    try {
      const claims = jwt.verify(token, key, { algorithms: ['HS256'], audience: this.self });
      if (typeof claims === 'string') throw refused();
      return claims;
    } catch {
      throw refused();
    }
  }
}

function toEndUser(value: unknown): EndUser | undefined {
  if (value === undefined) return undefined;
  const user = value as Partial<EndUser>;
  if (typeof user.id !== 'string' || (user.role !== 'customer' && user.role !== 'admin')) throw refused();
  return { id: user.id, role: user.role };
}

function refused(): DomainError {
  return new DomainError('UNAUTHENTICATED', { detail: 'A valid service token is needed' });
}
