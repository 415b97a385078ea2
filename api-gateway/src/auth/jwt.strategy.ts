import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { DomainError } from '@shop/service-kit';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { ACCESS_AUDIENCE, type AccessClaims, claimsOf, ISSUER, Tokens } from './tokens';

/** Reads the bearer token: signature, algorithm, issuer, audience, type and expiry. Whether its session lives is asked later. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(tokens: Tokens) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKeyProvider: (_request, token, done) => {
        const key = tokens.accessKeys.keyOf(String(token));
        // KeyObject works but is not in the types.
        done(key ? null : new DomainError('UNAUTHENTICATED'), key as unknown as Buffer);
      },
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: ACCESS_AUDIENCE,
    });
  }

  validate(payload: unknown): AccessClaims {
    return claimsOf(payload, 'access');
  }
}
