import { applyDecorators } from '@nestjs/common';
import {
  DiffersFrom,
  EnvAuthorities,
  EnvBool,
  EnvDuration,
  EnvKeyRing,
  EnvInt,
  EnvList,
  EnvOptional,
  EnvSecret,
  type KeyRing,
  ServiceConfig,
  splitList,
} from '@shop/service-kit';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsString, Matches, ValidateBy } from 'class-validator';
import type { Policy } from './rate-limit/rate-limit.decorator';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export interface Limit {
  readonly points: number;
  readonly seconds: number;
}

/** "<points>/<seconds>" or "off". */
function EnvRateLimit(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? parseLimit(value) : value)),
    ValidateBy({
      name: 'envRateLimit',
      validator: {
        validate: (value: unknown) => value === 'off' || (typeof value === 'object' && value !== null),
        defaultMessage: () => '$property must be <points>/<seconds>, for example 300/60, or off',
      },
    }),
  );
}

function parseLimit(text: string): Limit | 'off' | undefined {
  if (text.trim() === 'off') return 'off';
  const [, points, seconds] = /^([1-9]\d{0,8})\/([1-9]\d{0,6})$/.exec(text.trim()) ?? [];
  return points && seconds ? { points: Number(points), seconds: Number(seconds) } : undefined;
}

/** "<METHOD> <path>=<points>/<seconds>" or "…=off", with commas. */
function EnvRouteLimits(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? parseRouteLimits(value) : value)),
    ValidateBy({
      name: 'envRouteLimits',
      validator: {
        validate: (value: unknown) => typeof value === 'object',
        defaultMessage: () =>
          '$property must name routes, once each, with their limits: POST /orders=30/60, GET /products/:id=off',
      },
    }),
  );
}

function parseRouteLimits(text: string): Record<string, Limit | 'off'> | undefined {
  const limits: Record<string, Limit | 'off'> = {};
  for (const entry of splitList(text)) {
    const [, method, path, value = ''] = /^([A-Z]+) +(\/[^\s=]*) *=(.+)$/.exec(entry) ?? [];
    const limit = parseLimit(value);
    const route = `${method} ${path}`;
    if (!limit || limits[route]) return undefined;
    limits[route] = limit;
  }
  return limits;
}

/** Of the gateway's environment; .env.example explains each. */
export class GatewayConfig extends ServiceConfig implements Record<`RATE_LIMIT_${Policy}`, Limit | 'off'> {
  /** For the news of products-service. */
  @EnvKeyRing()
  EVENT_KEY_PRODUCT: KeyRing;

  /** For the news of users-service. */
  @EnvKeyRing()
  EVENT_KEY_USER: KeyRing;

  /** Metrics are for the inside, so they are not on the public port. */
  @IsString()
  METRICS_HOST = '127.0.0.1';

  @EnvInt(0, 65535)
  METRICS_PORT = 3001;

  @IsString()
  @IsNotEmpty()
  REDIS_HOST: string;

  @EnvInt(1, 65535)
  REDIS_PORT = 6379;

  @EnvOptional()
  @IsString()
  REDIS_USERNAME?: string;

  @IsString()
  @IsNotEmpty()
  REDIS_PASSWORD: string;

  @EnvBool()
  REDIS_TLS = false;

  /** Who vouches for a Redis with TLS. */
  @EnvAuthorities()
  REDIS_CA?: string;

  @EnvSecret()
  @DiffersFrom('JWT_REFRESH_SECRET', 'JWT_SERVICE_SECRET')
  JWT_ACCESS_SECRET: string;

  @EnvSecret()
  @DiffersFrom('JWT_ACCESS_SECRET', 'JWT_SERVICE_SECRET')
  JWT_REFRESH_SECRET: string;

  @EnvDuration()
  JWT_EXPIRATION = 15 * MINUTE;

  @EnvDuration()
  JWT_REFRESH_EXPIRATION = 7 * DAY;

  @EnvDuration()
  SESSION_ABSOLUTE_EXPIRATION = 30 * DAY;

  @EnvInt(1, 1000)
  SESSION_MAX_PER_USER = 5;

  @IsString()
  @IsNotEmpty()
  USERS_GRPC_URL: string;

  @IsString()
  @IsNotEmpty()
  PRODUCTS_GRPC_URL: string;

  @IsString()
  @IsNotEmpty()
  ORDERS_GRPC_URL: string;

  /** What Stripe signs its webhooks with; without it there is no such route. */
  @EnvOptional()
  @Matches(/^whsec_\S{16,}$/, { message: '$property must be the signing secret of a webhook endpoint: whsec_…' })
  STRIPE_WEBHOOK_SECRET?: string;

  @EnvList()
  CORS_ORIGINS: string[] = [];

  @EnvInt(0, 10)
  TRUSTED_PROXY_HOPS = 0;

  /** More at once are refused with 503. */
  @EnvInt(1, 100_000)
  MAX_REQUESTS_IN_HAND = 200;

  @EnvBool()
  RATE_LIMIT_ENABLED = true;

  @EnvRateLimit()
  RATE_LIMIT_GLOBAL: Limit | 'off' = { points: 300, seconds: 60 };

  @EnvRateLimit()
  RATE_LIMIT_ORDERS: Limit | 'off' = { points: 60, seconds: 60 };

  @EnvRateLimit()
  RATE_LIMIT_LOGIN: Limit | 'off' = { points: 10, seconds: 60 };

  @EnvRateLimit()
  RATE_LIMIT_LOGIN_ACCOUNT: Limit | 'off' = { points: 10, seconds: 900 };

  @EnvRateLimit()
  RATE_LIMIT_REGISTER: Limit | 'off' = { points: 10, seconds: 60 };

  @EnvRateLimit()
  RATE_LIMIT_REFRESH: Limit | 'off' = { points: 60, seconds: 60 };

  @EnvRateLimit()
  RATE_LIMIT_EXPORT: Limit | 'off' = { points: 10, seconds: 600 };

  /** For these routes instead of all others. */
  @EnvRouteLimits()
  RATE_LIMIT_ROUTES: Readonly<Record<string, Limit | 'off'>> = {};
}
