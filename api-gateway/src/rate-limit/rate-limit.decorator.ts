import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

/** As in RATE_LIMIT_<POLICY>; GLOBAL applies to every route by itself. */
export type Policy = 'GLOBAL' | 'ORDERS' | 'LOGIN' | 'LOGIN_ACCOUNT' | 'REGISTER' | 'REFRESH' | 'EXPORT';

export const RATE_LIMIT = 'rate-limit:policy';

/** One more limit for a route, besides GLOBAL. */
export function RateLimit(policy: Exclude<Policy, 'GLOBAL' | 'LOGIN_ACCOUNT'>): MethodDecorator & ClassDecorator {
  return SetMetadata(RATE_LIMIT, policy);
}

export const UNLIMITED = 'rate-limit:none';

/** Not even GLOBAL: for a machine whose messages must not be lost, and who proves who it is before any work is done. */
export function Unlimited(): MethodDecorator {
  return applyDecorators(SetMetadata(UNLIMITED, true), ApiExtension('x-unlimited', true) as MethodDecorator);
}
