import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { DomainError } from '@shop/service-kit';
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
  readonly accessKey: KeyObject;
  private readonly refreshKey: KeyObject;
  private readonly idKey: KeyObject;

  constructor(
    private readonly jwt: JwtService,
    private readonly config: GatewayConfig,
  ) {
    // Strings would be made into keys at every signature, which costs forty times as much.
    this.accessKey = createSecretKey(Buffer.from(config.JWT_ACCESS_SECRET));
    this.refreshKey = createSecretKey(Buffer.from(config.JWT_REFRESH_SECRET));
    this.idKey = createSecretKey(createHmac('sha256', this.refreshKey).update('token ids').digest());
  }

  /** The same generation gives the same two strings, on every gateway. */
  issue(of: Generation): TokenPair {
    const issuedAt = Math.floor(of.rotatedAtMs / 1000);
    const endsAt = Math.floor(of.endsAtMs / 1000);
    const expiresIn = Math.min(Math.floor(this.config.JWT_EXPIRATION / 1000), endsAt - issuedAt);
    const refreshExpiresIn = Math.min(Math.floor(this.config.JWT_REFRESH_EXPIRATION / 1000), endsAt - issuedAt);
    const claims = { iss: ISSUER, sub: of.userId, sid: of.sessionId, gen: of.generation, iat: issuedAt };
    const jti = (kind: 'access' | 'refresh') => this.idOf(kind, of.sessionId, of.generation);
    const access = { ...claims, aud: ACCESS_AUDIENCE, typ: 'access', jti: jti('access'), exp: issuedAt + expiresIn };
    const refresh = {
      ...claims,
      aud: REFRESH_AUDIENCE,
      typ: 'refresh',
      jti: jti('refresh'),
      exp: issuedAt + refreshExpiresIn,
    };
    return {
      accessToken: this.sign(access, this.accessKey),
      refreshToken: this.sign(refresh, this.refreshKey),
      expiresIn,
      refreshExpiresIn,
    };
  }

  /** The id that a family's refresh token of this generation has or will have. */
  refreshId(sessionId: string, generation: number): string {
    return this.idOf('refresh', sessionId, generation);
  }

  /** @throws DomainError INVALID_REFRESH_TOKEN for anything but a live refresh token of ours. */
  verifyRefresh(token: string): RefreshClaims {
    try {
      const options = { algorithms: ['HS256' as const], issuer: ISSUER, audience: REFRESH_AUDIENCE };
      // KeyObject works but is not in this method's types.
      const claims: unknown = this.jwt.verify(token, { ...options, secret: this.refreshKey as unknown as Buffer });
      return claimsOf(claims, 'refresh');
    } catch (error) {
      throw new DomainError('INVALID_REFRESH_TOKEN', { cause: error });
    }
  }

  private sign(claims: object, key: KeyObject): string {
    return this.jwt.sign(claims, { algorithm: 'HS256', privateKey: key });
  }

  private idOf(kind: 'access' | 'refresh', sessionId: string, generation: number): string {
    return createHmac('sha256', this.idKey)
      .update(`${kind} ${sessionId} ${generation}`)
      .digest('base64url')
      .slice(0, 22);
  }
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
