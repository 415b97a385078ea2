import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { ACCESS_AUDIENCE, type AccessClaims, claimsOf, ISSUER, Tokens } from './tokens';

/** Reads the bearer token: signature, algorithm, issuer, audience, type and expiry. Whether its session lives is asked later. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(tokens: Tokens) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      // KeyObject works but is not in the types.
      secretOrKey: tokens.accessKey as unknown as Buffer,
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: ACCESS_AUDIENCE,
    });
  }

  validate(payload: unknown): AccessClaims {
    return claimsOf(payload, 'access');
  }
}
