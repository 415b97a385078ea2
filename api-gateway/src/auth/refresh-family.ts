import { Injectable } from '@nestjs/common';
import { DomainError, Logger } from '@shop/service-kit';
import { GatewayConfig } from '../config';
import { Redis } from '../redis/redis';
import { refreshKey, sessionKey, userKey, versionOf } from './sessions';
import { type Generation, type RefreshClaims, Tokens } from './tokens';

/** How long the token before the current one gets the same answer again. */
const GRACE_MS = 10_000;
/** A command that Redis runs later than this was given up by its client. */
const PATIENCE_MS = 1000;

/** The chain of refresh tokens of one session: each works once, and a second use of an old one ends the session. */
@Injectable()
export class RefreshFamily {
  private readonly script;

  constructor(
    private readonly redis: Redis,
    private readonly tokens: Tokens,
    private readonly config: GatewayConfig,
    private readonly logger: Logger,
  ) {
    this.script = redis.script('auth/refresh-family.lua', 3);
  }

  /** The next generation, or the current one again. @throws DomainError INVALID_REFRESH_TOKEN or REFRESH_TOKEN_REUSED */
  async rotate({ sid, sub, jti, gen }: RefreshClaims, user: { role: string; updatedAt: string }): Promise<Generation> {
    const [seconds, microseconds] = await this.redis.ask('time', (client) => client.time());
    const askedAt = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
    const token = [sid, jti, gen, this.tokens.refreshId(sid, gen + 1)];
    const { access, refresh } = this.tokens.kids;
    const times = [askedAt, PATIENCE_MS, GRACE_MS, this.config.JWT_REFRESH_EXPIRATION];
    const answer = await this.script(
      [refreshKey(sid), sessionKey(sid), userKey(sub)],
      [...token, ...times, user.role, versionOf(user), access, refresh],
    );
    const [outcome, generation, rotatedAtMs, endsAtMs, ...signed] = answer as [
      string,
      number,
      number,
      number,
      ...string[],
    ];
    if (outcome === 'late') throw new DomainError('UNAVAILABLE');
    if (outcome === 'unknown') throw new DomainError('INVALID_REFRESH_TOKEN');
    if (outcome === 'reused') {
      this.logger.security('refresh_token_reused', { userId: sub, sessionId: sid, generation: gen });
      throw new DomainError('REFRESH_TOKEN_REUSED');
    }
    const [newJti = '', accessKid, refreshKid] = signed;
    const kids = { access: accessKid, refresh: refreshKid };
    return { userId: sub, sessionId: sid, generation, rotatedAtMs, endsAtMs, jti: newJti, kids };
  }
}
