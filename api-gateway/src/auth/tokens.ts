import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { DomainError, SigningKeys } from '@shop/service-kit';
import { GatewayConfig } from '../config';

export const ISSUER = 'api-gateway';
export const ACCESS_AUDIENCE = 'shop-api';
export const REFRESH_AUDIENCE = 'shop-refresh';

export interface AccessClaims {
  /** The user's id. */
  readonly sub: string;
  /** The session's id, which is its refresh family's too. */
  readonly sid: string;
  readonly jti: string;
  /** How many rotations the family had seen. */
  readonly gen: number;
  readonly exp: number;
}

export type RefreshClaims = AccessClaims;

/** One state of a refresh family; a token pair is a function of it, so that a lost answer can be given again. */
export interface Generation {
  readonly userId: string;
  readonly sessionId: string;
  readonly generation: number;
  readonly rotatedAtMs: number;
  /** When the session ends whatever happens. */
  readonly endsAtMs: number;
  /** Of its refresh token. */
  readonly jti: string;
  /** By which keys its tokens are signed; not by today's when they have changed since, or when they had no names yet. */
  readonly kids: { readonly access?: string | null; readonly refresh?: string | null };
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly refreshExpiresIn: number;
}

/** Makes and reads the two kinds of user tokens: own key, audience and `typ` each, HS256 only. */
@Injectable()
export class Tokens {
  readonly accessKeys: SigningKeys;
  private readonly refreshKeys: SigningKeys;

  constructor(
    private readonly jwt: JwtService,
    private readonly config: GatewayConfig,
  ) {
    this.accessKeys = new SigningKeys(config.JWT_ACCESS_SECRET);
    this.refreshKeys = new SigningKeys(config.JWT_REFRESH_SECRET);
  }

  /** By which keys tokens are signed now. */
  get kids(): { readonly access: string; readonly refresh: string } {
    return { access: this.accessKeys.kid, refresh: this.refreshKeys.kid };
  }

  /** The same generation gives the same two strings, on every gateway. */
  issue(of: Generation): TokenPair {
    const issuedAt = Math.floor(of.rotatedAtMs / 1000);
    const endsAt = Math.floor(of.endsAtMs / 1000);
    const expiresIn = Math.min(Math.floor(this.config.JWT_EXPIRATION / 1000), endsAt - issuedAt);
    const refreshExpiresIn = Math.min(Math.floor(this.config.JWT_REFRESH_EXPIRATION / 1000), endsAt - issuedAt);
    const claims = { iss: ISSUER, sub: of.userId, sid: of.sessionId, gen: of.generation, iat: issuedAt };
    const jti = idOf('access', of.sessionId, of.generation);
    const access = { ...claims, aud: ACCESS_AUDIENCE, typ: 'access', jti, exp: issuedAt + expiresIn };
    const exp = issuedAt + refreshExpiresIn;
    const refresh = { ...claims, aud: REFRESH_AUDIENCE, typ: 'refresh', jti: of.jti, exp };
    return {
      accessToken: this.sign(access, this.accessKeys.named(of.kids.access)),
      refreshToken: this.sign(refresh, this.refreshKeys.named(of.kids.refresh)),
      expiresIn,
      refreshExpiresIn,
    };
  }

  /** The id that a family's refresh token of this generation has or will have. */
  refreshId(sessionId: string, generation: number): string {
    return idOf('refresh', sessionId, generation);
  }

  /** @throws DomainError INVALID_REFRESH_TOKEN for anything but a live refresh token of ours. */
  verifyRefresh(token: string): RefreshClaims {
    try {
      const key = this.refreshKeys.keyOf(token);
      if (!key) throw new Error('signed with no key of ours');
      const options = { algorithms: ['HS256' as const], issuer: ISSUER, audience: REFRESH_AUDIENCE };
      // KeyObject works but is not in this method's types.
      const claims: unknown = this.jwt.verify(token, { ...options, secret: key as unknown as Buffer });
      return claimsOf(claims, 'refresh');
    } catch (error) {
      throw new DomainError('INVALID_REFRESH_TOKEN', { cause: error });
    }
  }

  private sign(claims: object, { kid, key }: ReturnType<SigningKeys['named']>): string {
    return this.jwt.sign(claims, { algorithm: 'HS256', keyid: kid, privateKey: key });
  }
}

// No secret: what makes a token genuine is its signature, and the id must outlive the key.
function idOf(kind: 'access' | 'refresh', sessionId: string, generation: number): string {
  return `${kind}:${sessionId}:${generation}`;
}

/** What a signature alone does not prove. @throws DomainError UNAUTHENTICATED */
export function claimsOf(payload: unknown, typ: 'access' | 'refresh'): AccessClaims {
  const { typ: actual, sub, sid, jti, gen, exp } = (payload ?? {}) as Record<string, unknown>;
  const texts = typeof sub === 'string' && typeof sid === 'string' && typeof jti === 'string';
  if (actual !== typ || !texts || typeof gen !== 'number' || typeof exp !== 'number') {
    throw new DomainError('UNAUTHENTICATED');
  }
  return { sub, sid, jti, gen, exp };
}
