import { Injectable } from '@nestjs/common';
import { DomainError } from '@shop/service-kit';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayConfig, type Limit } from '../config';
import { Redis } from '../redis/redis';
import type { Policy } from './rate-limit.decorator';

export interface Consumed {
  readonly policy: Policy;
  readonly limit: Limit;
  readonly remaining: number;
  readonly resetMs: number;
  readonly exceeded: boolean;
}

interface Limiter {
  readonly limit: Limit;
  readonly shared: RateLimiterRedis;
  /** Of this process alone. */
  readonly local: RateLimiterMemory;
}

const POLICIES: readonly Policy[] = ['GLOBAL', 'ORDERS', 'LOGIN', 'LOGIN_ACCOUNT', 'REGISTER', 'REFRESH'];

/** The counters of all policies, shared by all gateways through Redis. A policy that is off has none. */
@Injectable()
export class Limits {
  private readonly limiters = new Map<Policy, Limiter>();

  constructor(
    private readonly redis: Redis,
    config: GatewayConfig,
  ) {
    for (const policy of config.RATE_LIMIT_ENABLED ? POLICIES : []) {
      const limit = config[`RATE_LIMIT_${policy}`];
      if (limit !== 'off') this.limiters.set(policy, this.limiterOf(policy, limit));
    }
  }

  /** Takes one point. Without Redis: UNAVAILABLE, or this process's own count where `localIfAway`. */
  async consume(policy: Policy, key: string, localIfAway = false): Promise<Consumed | undefined> {
    const limiter = this.limiters.get(policy);
    if (!limiter) return undefined;
    try {
      return toConsumed(policy, limiter, await this.redis.ask(() => settled(limiter.shared.consume(key))));
    } catch (error) {
      if (!localIfAway) throw error;
      return toConsumed(policy, limiter, await settled(limiter.local.consume(key)));
    }
  }

  /** @throws DomainError RATE_LIMITED when nothing is left; takes nothing. */
  async requireLeft(policy: Policy, key: string): Promise<void> {
    const limiter = this.limiters.get(policy);
    if (!limiter) return;
    const result = await this.redis.ask(() => limiter.shared.get(key));
    if (result && result.consumedPoints >= limiter.limit.points) throw rateLimited(result.msBeforeNext);
  }

  private limiterOf(policy: Policy, limit: Limit): Limiter {
    const options = { keyPrefix: `ratelimit:${policy}`, points: limit.points, duration: limit.seconds };
    return {
      limit,
      shared: new RateLimiterRedis({ ...options, storeClient: this.redis.client }),
      local: new RateLimiterMemory(options),
    };
  }
}

export function rateLimited(retryAfterMs: number): DomainError {
  return new DomainError('RATE_LIMITED', { retryAfterMs: Math.max(1, retryAfterMs) });
}

// The library rejects with its result when a limit is exceeded, which is an answer, not a failure.
function settled(result: Promise<RateLimiterRes>): Promise<RateLimiterRes> {
  return result.catch((error: unknown) => {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  });
}

function toConsumed(policy: Policy, { limit }: Limiter, result: RateLimiterRes): Consumed {
  const exceeded = result.consumedPoints > limit.points;
  return { policy, limit, remaining: result.remainingPoints, resetMs: result.msBeforeNext, exceeded };
}
