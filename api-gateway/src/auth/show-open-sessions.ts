import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { askedGauge } from '@shop/service-kit';
import { Redis } from '../redis/redis';
import { sessionKey } from './sessions';

const FRESH_FOR_MS = 60_000;
const KEYS_AT_ONCE = 1000;

/** Counted by walking over the keys in small steps, once a minute and only while somebody scrapes: no login pays for it. */
@Injectable()
export class ShowOpenSessions implements OnApplicationBootstrap {
  constructor(private readonly redis: Redis) {}

  onApplicationBootstrap(): void {
    askedGauge({
      name: 'gateway_sessions_open',
      help: 'Sessions in Redis, of all gateways, at most a minute ago',
      freshForMs: FRESH_FOR_MS,
      read: () => this.count(),
    });
  }

  private async count(): Promise<number> {
    let count = 0;
    for (let cursor: string | undefined = '0'; cursor !== undefined;) {
      const [next, keys] = await this.keysFrom(cursor);
      count += keys.length;
      cursor = next === '0' ? undefined : next;
    }
    return count;
  }

  private keysFrom(cursor: string): Promise<[next: string, keys: string[]]> {
    return this.redis.ask('scan', (client) => client.scan(cursor, 'MATCH', sessionKey('*'), 'COUNT', KEYS_AT_ONCE));
  }
}
