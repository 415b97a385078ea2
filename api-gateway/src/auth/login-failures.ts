import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Limits, rateLimited } from '../rate-limit/limits';
import { clientAddress } from '../rate-limit/client-address';
import { Redis } from '../redis/redis';

const REMEMBERED_MS = 30 * 24 * 60 * 60_000;
const MOST_CLIENTS = 10;

/** One login, as failures are counted. Addresses, of both kinds, are personal data: here are only hashes of them. */
export interface Attempt {
  readonly account: string;
  readonly client: string;
  /** The account's counter, or that of this client at this account. */
  readonly counter: string;
}

/**
 * Wrong passwords of an account. Where it has signed in from lately they are counted for that client alone, everywhere else
 * together: whoever guesses cannot keep the owner from signing in where they usually do.
 */
@Injectable()
export class LoginFailures {
  constructor(
    private readonly redis: Redis,
    private readonly limits: Limits,
  ) {}

  /** @throws DomainError RATE_LIMITED when there have been too many. */
  async admit(email: string, ip: string): Promise<Attempt> {
    const account = hash(email.trim().toLowerCase());
    const client = hash(`${account} ${clientAddress(ip)}`);
    const seenAt = await this.redis.ask('zscore', (redis) => redis.zscore(knownKey(account), client));
    const isKnown = Number(seenAt) > Date.now() - REMEMBERED_MS;
    const attempt = { account, client, counter: isKnown ? `${account}|${client}` : account };
    await this.requireLeft(attempt);
    return attempt;
  }

  /** @throws DomainError RATE_LIMITED when there have been too many. */
  requireLeft({ counter }: Attempt): Promise<void> {
    return this.limits.requireLeft('LOGIN_ACCOUNT', counter);
  }

  /** @throws DomainError RATE_LIMITED when it is one too many. */
  async count({ counter }: Attempt): Promise<void> {
    const failures = await this.limits.consume('LOGIN_ACCOUNT', counter);
    if (failures?.exceeded) throw rateLimited(failures.resetMs);
  }

  /** From now on this client is one where the account signs in. */
  async remember({ account, client }: Attempt): Promise<void> {
    const now = Date.now();
    const key = knownKey(account);
    await this.redis.ask('remember-client', (redis) =>
      redis
        .multi()
        .zadd(key, now, client)
        .zremrangebyscore(key, '-inf', now - REMEMBERED_MS)
        .zremrangebyrank(key, 0, -MOST_CLIENTS - 1)
        .pexpire(key, REMEMBERED_MS)
        .exec(),
    );
  }
}

const knownKey = (account: string) => `known-clients:${account}`;

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
