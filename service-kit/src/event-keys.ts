import { createSecretKey, type KeyObject } from 'node:crypto';
import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationArguments } from 'class-validator';

const PREFIX = 'EVENT_KEY_';
const BYTES = 32;
const MOST = 2;

/** The keys of one direction. What is sent is sealed with the first; what comes may have been sealed with any. */
export type EventKeyRing = ReadonlyMap<string, KeyObject>;

/**
 * "<name>:<32 bytes in base64>", and after a comma the one before it: for events that were sent before the change. The
 * property's name is EVENT_KEY_ and the first word of the events' types, in capitals.
 */
export function EnvEventKey(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? parseRing(value) : value)),
    ValidateBy({
      name: 'envEventKey',
      validator: {
        validate: (value) => value instanceof Map,
        defaultMessage: () =>
          '$property must be <name>:<key>, and after a comma the one before it; make one with: echo "k1:$(openssl rand -base64 32)"',
      },
    }),
    ValidateBy({
      name: 'ownEventKey',
      validator: {
        validate: (_value, args) => !twinOf(args),
        defaultMessage: (args) => `$property must differ from ${twinOf(args)}`,
      },
    }),
  );
}

/** The keys of every direction that an app sends to or listens to, by the first word of the events' types. */
export class EventKeys {
  private readonly rings: ReadonlyMap<string, EventKeyRing>;

  constructor(config: object) {
    this.rings = new Map(ringsOf(config).map(([name, ring]) => [name.slice(PREFIX.length).toLowerCase(), ring]));
  }

  /** The key that events of this type are sealed with; undefined when this app has none for them. */
  sealing(type: string): { kid: string; key: KeyObject } | undefined {
    const [first] = this.ringOf(type) ?? [];
    return first && { kid: first[0], key: first[1] };
  }

  opening(type: string, kid: string): KeyObject | undefined {
    return this.ringOf(type)?.get(kid);
  }

  private ringOf(type: string): EventKeyRing | undefined {
    return this.rings.get(type.slice(0, type.indexOf('.')));
  }
}

function parseRing(text: string): EventKeyRing | undefined {
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map(parseKey);
  if (entries.length === 0 || entries.length > MOST || entries.includes(undefined)) return undefined;
  const ring = new Map(entries as [string, KeyObject][]);
  return ring.size === entries.length ? ring : undefined;
}

function parseKey(entry: string): [string, KeyObject] | undefined {
  const [, kid, encoded] = /^([\w-]{1,64}):([A-Za-z0-9+/]{43}=)$/.exec(entry) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  // A key of few different bytes was typed by somebody.
  return kid && bytes.length === BYTES && new Set(bytes).size > BYTES / 3 ? [kid, createSecretKey(bytes)] : undefined;
}

function ringsOf(config: object): [string, EventKeyRing][] {
  return Object.entries(config).filter(
    (property): property is [string, EventKeyRing] => property[0].startsWith(PREFIX) && property[1] instanceof Map,
  );
}

/** The other direction that has a key of this one. */
function twinOf(args?: ValidationArguments): string | undefined {
  const own = args?.value instanceof Map ? [...(args.value as EventKeyRing).values()] : [];
  const others = ringsOf(args?.object ?? {}).filter(([name]) => name !== args?.property);
  return others.find(([, ring]) => [...ring.values()].some((key) => own.some((mine) => mine.equals(key))))?.[0];
}
