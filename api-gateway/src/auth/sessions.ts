import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DomainError, requestContext, type Role } from '@shop/service-kit';
import { GatewayConfig } from '../config';
import { Redis } from '../redis/redis';
import { type AccessClaims, type Generation, Tokens } from './tokens';

const LAST_SEEN_EVERY_MS = 60_000;
const CHANGE_REMEMBERED_MS = 24 * 60 * 60_000;
/** Far longer than a login may take between the verified password and its session. */
const VERSION_REMEMBERED_MS = 10 * 60_000;
/** No login with this account is ever let in again. */
const ERASED = Number.MAX_SAFE_INTEGER;

export interface NewSession {
  readonly user: Account & { readonly role: string };
  readonly ip: string;
  readonly userAgent: string;
}

/** An account as users-service says it is. `updatedAt` moves forward with each change, so it serves as a version. */
interface Account {
  readonly id: string;
  readonly updatedAt: string;
}

interface Ending {
  readonly only?: string;
  readonly except?: string;
  readonly olderThan?: number | '';
  /** The account's version that makes an end of them: logins verified before it are refused. */
  readonly changed?: number | '';
}

export interface SessionView {
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly ip: string;
  readonly userAgent: string;
}

/** The sessions in Redis: the list of who is signed in. What is not on it is signed out, whatever its token says. */
@Injectable()
export class Sessions {
  private readonly openScript;
  private readonly readScript;
  private readonly endScript;
  private readonly changeRoleScript;

  constructor(
    private readonly redis: Redis,
    private readonly tokens: Tokens,
    private readonly config: GatewayConfig,
  ) {
    this.openScript = redis.script('auth/open-session.lua', 4);
    this.readScript = redis.script('auth/read-session.lua', 3);
    this.endScript = redis.script('auth/end-sessions.lua', 2);
    this.changeRoleScript = redis.script('auth/change-role.lua', 2);
  }

  /** @throws DomainError INVALID_CREDENTIALS when the account has changed since they were verified. */
  async open({ user, ip, userAgent }: NewSession): Promise<Generation> {
    const id = randomUUID();
    const { JWT_REFRESH_EXPIRATION, SESSION_ABSOLUTE_EXPIRATION, SESSION_MAX_PER_USER } = this.config;
    const who = [id, user.id, user.role, versionOf(user), ip, userAgent.slice(0, 200)];
    const limits = [JWT_REFRESH_EXPIRATION, SESSION_ABSOLUTE_EXPIRATION, SESSION_MAX_PER_USER];
    const jti = this.tokens.refreshId(id, 0);
    const answer = await this.openScript(
      [userKey(user.id), sessionKey(id), refreshKey(id), changedKey(user.id)],
      [...who, jti, ...limits],
    );
    if (!answer) throw new DomainError('INVALID_CREDENTIALS');
    const [rotatedAtMs, endsAtMs] = answer as [number, number];
    return { userId: user.id, sessionId: id, generation: 0, rotatedAtMs, endsAtMs, jti, kids: this.tokens.kids };
  }

  /** Whose live session this access token belongs to; undefined when it has ended. */
  async read({ sid, jti, gen, sub }: AccessClaims): Promise<{ role: Role } | undefined> {
    const keys = [sessionKey(sid), refreshKey(sid), `blacklist:${jti}`];
    const [userId, role] = ((await this.readScript(keys, [gen, LAST_SEEN_EVERY_MS])) ?? []) as string[];
    if (userId !== sub) return undefined;
    return { role: role === 'admin' ? 'admin' : 'customer' };
  }

  async list(userId: string): Promise<SessionView[]> {
    const ids = await this.redis.ask('zrevrange', (client) => client.zrevrange(userKey(userId), 0, -1));
    const hashes = await this.redis.ask('hgetall', (client) =>
      Promise.all(ids.map((id) => client.hgetall(sessionKey(id)))),
    );
    return hashes.flatMap((hash, index) => (hash.userId ? [toView(ids[index] ?? '', hash)] : []));
  }

  /** Also refuses the access token that asked for it, should the session ever come back from a backup. */
  async logOut(user: { id: string; sessionId: string; jti: string }): Promise<void> {
    await Promise.all([this.end(user.id, { only: user.sessionId }), this.blacklist(user.jti)]);
  }

  /** @throws DomainError NOT_FOUND when the user has no such session. */
  async endOne(userId: string, sessionId: string): Promise<void> {
    if ((await this.end(userId, { only: sessionId })) === 0) throw new DomainError('NOT_FOUND');
  }

  /** All of the user's sessions, those about to be opened not among them. */
  async endAll(userId: string): Promise<void> {
    await this.end(userId, {});
  }

  /** All but the one that changed the password, and every login that is under way with the old one. */
  async endForNewPassword({ id, updatedAt }: Account, exceptSessionId: string): Promise<void> {
    await this.end(id, { except: exceptSessionId, changed: versionOf({ updatedAt }) });
  }

  async endForErasure(userId: string): Promise<void> {
    await this.end(userId, { changed: ERASED });
  }

  /** For the backstop: those opened before a change, but not the one that announced it with `expectPasswordChange`. */
  async endOlderThan({ id, updatedAt }: Account, changedIn: string): Promise<void> {
    const except = (await this.redis.ask('get', (client) => client.get(changeKey(changedIn)))) ?? '';
    const changed = versionOf({ updatedAt });
    await this.end(id, { except, olderThan: changed, changed });
  }

  /** An admin's change, in force when this resolves; changes arriving in another order end the same. */
  async changeAccess({ id, updatedAt }: Account, change: { role?: string; disabled?: boolean }): Promise<void> {
    const changed = versionOf({ updatedAt });
    const keys = [userKey(id), changedKey(id)];
    if (change.role) await this.changeRoleScript(keys, [change.role, changed, VERSION_REMEMBERED_MS]);
    if (change.disabled) await this.end(id, { changed });
  }

  /** To be called before this session's user changes the password: the event about it will leave this session alone. */
  async expectPasswordChange(sessionId: string): Promise<void> {
    const key = changeKey(requestContext()?.requestId ?? sessionId);
    await this.redis.ask('set', (client) => client.set(key, sessionId, 'PX', CHANGE_REMEMBERED_MS));
  }

  private async end(userId: string, { only = '', except = '', olderThan = '', changed = '' }: Ending): Promise<number> {
    const keys = [userKey(userId), changedKey(userId)];
    return Number(await this.endScript(keys, [only, except, olderThan, changed, VERSION_REMEMBERED_MS]));
  }

  private blacklist(jti: string): Promise<unknown> {
    return this.redis.ask('set', (client) =>
      client.set(`blacklist:${jti}`, 'logged out', 'PX', this.config.JWT_EXPIRATION),
    );
  }
}

export const userKey = (userId: string) => `user-sessions:${userId}`;
const changedKey = (userId: string) => `account-changed:${userId}`;
const changeKey = (requestId: string) => `password-change:${requestId}`;
export const sessionKey = (sessionId: string) => `session:${sessionId}`;
export const refreshKey = (sessionId: string) => `refresh:${sessionId}`;

export const versionOf = ({ updatedAt }: Pick<Account, 'updatedAt'>) => Date.parse(updatedAt);

function toView(id: string, hash: Record<string, string>): SessionView {
  return {
    id,
    createdAt: new Date(Number(hash.createdAt)).toISOString(),
    lastSeenAt: new Date(Number(hash.lastSeenAt)).toISOString(),
    ip: hash.ip ?? '',
    userAgent: hash.userAgent ?? '',
  };
}
