import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { counter, DomainError } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayConfig, type Limit } from '../config';
import { Redis } from '../redis/redis';
import type { Policy } from './rate-limit.decorator';

export interface Consumed {
  /** Or the route, where RATE_LIMIT_ROUTES has a line for it. */
  readonly policy: string;
  readonly limit: Limit;
  readonly remaining: number;
  /** Until more is left. */
  readonly resetMs: number;
  readonly exceeded: boolean;
}

interface Limiter {
  readonly policy: string;
  readonly limit: Limit;
  /** Of this process alone. */
  readonly local: RateLimiterMemory;
}

const POLICIES: readonly Policy[] = ['GLOBAL', 'ORDERS', 'LOGIN', 'LOGIN_ACCOUNT', 'REGISTER', 'REFRESH', 'EXPORT'];

/** The counters of all policies, shared by all gateways through Redis. A policy that is off has none. */
@Injectable()
export class Limits implements OnApplicationBootstrap {
  private readonly limiters = new Map<string, Limiter>();
  private readonly routes = new Set<string>();
  private readonly window;
  private readonly decide = counter({
    name: 'gateway_rate_limit_decisions_total',
    help: 'Requests that a rate limit let through or refused',
    labels: ['policy', 'decision'],
  });

  constructor(
    private readonly redis: Redis,
    private readonly config: GatewayConfig,
    { httpAdapter }: HttpAdapterHost,
  ) {
    this.window = redis.script('rate-limit/sliding-window.lua', 1);
    httpAdapter.getInstance<FastifyInstance>().addHook('onRoute', ({ method, url }) => {
      // What counts for GET counts for HEAD, too.
      for (const one of [method].flat()) if (one !== 'HEAD') this.routes.add(`${one} ${url}`);
    });
    if (!config.RATE_LIMIT_ENABLED) return;
    for (const policy of POLICIES) this.add(policy, config[`RATE_LIMIT_${policy}`]);
    for (const [route, limit] of Object.entries(config.RATE_LIMIT_ROUTES)) this.add(route, limit);
  }

  onApplicationBootstrap(): void {
    const unknown = Object.keys(this.config.RATE_LIMIT_ROUTES).filter((route) => !this.routes.has(route));
    if (unknown.length > 0) throw new Error(`RATE_LIMIT_ROUTES names what is no route: ${unknown.join(', ')}`);
  }

  /** That RATE_LIMIT_ROUTES says all about the limits of this route ("GET /products/:id"). */
  hasLineFor(route: string): boolean {
    return this.config.RATE_LIMIT_ROUTES[route] !== undefined;
  }

  /** Takes one point. Without Redis: UNAVAILABLE, or this process's own count where `localIfAway`. */
  async consume(policy: string, key: string, localIfAway = false): Promise<Consumed | undefined> {
    const limiter = this.limiters.get(policy);
    if (!limiter) return undefined;
    const consumed = await this.ask(limiter, key).catch((error: unknown) => {
      if (!localIfAway) throw error;
      return consumeHere(limiter, key);
    });
    this.decide({ policy, decision: consumed.exceeded ? 'limited' : 'allowed' });
    return consumed;
  }

  /** @throws DomainError RATE_LIMITED when nothing is left; takes nothing. */
  async requireLeft(policy: Policy, key: string): Promise<void> {
    const limiter = this.limiters.get(policy);
    if (!limiter) return;
    const { exceeded, resetMs } = await this.ask(limiter, key, 0);
    if (!exceeded) return;
    this.decide({ policy, decision: 'limited' });
    throw rateLimited(resetMs);
  }

  private async ask({ policy, limit }: Limiter, key: string, points = 1): Promise<Consumed> {
    const name = `ratelimit:${policy}:${key}`;
    const answer = await this.window([name], [limit.points, limit.seconds * 1000, points]);
    const [isLeft, counted, resetMs] = answer as [number, number, number];
    return { policy, limit, remaining: Math.max(0, limit.points - counted), resetMs, exceeded: isLeft === 0 };
  }

  private add(policy: string, limit: Limit | 'off'): void {
    if (limit === 'off') return;
    const local = new RateLimiterMemory({ points: limit.points, duration: limit.seconds });
    this.limiters.set(policy, { policy, limit, local });
  }
}

export function rateLimited(retryAfterMs: number): DomainError {
  return new DomainError('RATE_LIMITED', { retryAfterMs: Math.max(1, retryAfterMs) });
}

async function consumeHere({ policy, limit, local }: Limiter, key: string): Promise<Consumed> {
  // The library rejects with its result when a limit is exceeded, which is an answer, not a failure.
  const result = await local.consume(key).catch((error: unknown) => {
    if (error instanceof RateLimiterRes) return error;
    throw error;
  });
  const exceeded = result.consumedPoints > limit.points;
  return { policy, limit, remaining: result.remainingPoints, resetMs: result.msBeforeNext, exceeded };
}
