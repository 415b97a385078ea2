import type { KeyObject } from 'node:crypto';
import { firstOf, type KeyRing, ringsOf } from './key-ring';

const PREFIX = 'EVENT_KEY_';

/**
 * The keys of every direction that an app sends to or listens to, by the first word of the events' types: EVENT_KEY_ORDER
 * of its configuration is that of order.created.
 */
export class EventKeys {
  private readonly rings: ReadonlyMap<string, KeyRing>;

  constructor(config: object) {
    const rings = ringsOf(config).filter(([name]) => name.startsWith(PREFIX));
    this.rings = new Map(rings.map(([name, ring]) => [name.slice(PREFIX.length).toLowerCase(), ring]));
  }

  /** The key that events of this type are sealed with; undefined when this app has none for them. */
  sealing(type: string): { kid: string; key: KeyObject } | undefined {
    const ring = this.ringOf(type);
    return ring && firstOf(ring);
  }

  opening(type: string, kid: string): KeyObject | undefined {
    return this.ringOf(type)?.get(kid);
  }

  private ringOf(type: string): KeyRing | undefined {
    return this.rings.get(type.slice(0, type.indexOf('.')));
  }
}
