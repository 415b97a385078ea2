import { SetMetadata } from '@nestjs/common';

/** As in RATE_LIMIT_<POLICY>; GLOBAL applies to every route by itself. */
export type Policy = 'GLOBAL' | 'ORDERS' | 'LOGIN' | 'LOGIN_ACCOUNT' | 'REGISTER' | 'REFRESH';

export const RATE_LIMIT = 'rate-limit:policy';

/** One more limit for a route, besides GLOBAL. */
export function RateLimit(policy: Exclude<Policy, 'GLOBAL' | 'LOGIN_ACCOUNT'>): MethodDecorator & ClassDecorator {
  return SetMetadata(RATE_LIMIT, policy);
}
