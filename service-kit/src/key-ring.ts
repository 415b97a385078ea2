import { createSecretKey, type KeyObject } from 'node:crypto';
import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { ValidateBy, type ValidationArguments } from 'class-validator';

const BYTES = 32;
const MOST = 2;

/** Keys of one purpose by their names. What is sealed now is sealed with the first; what is opened may have been sealed with any. */
export type KeyRing = ReadonlyMap<string, KeyObject>;

/**
 * "<name>:<32 bytes in base64>", and after a comma another one that opens, too, while keys change. No key of one variable
 * may be that of another.
 */
export function EnvKeyRing(most = MOST): PropertyDecorator {
  const more = most > 1 ? ', and after a comma the one before it' : '';
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? parseRing(value) : value)),
    ValidateBy({
      name: 'envKeyRing',
      validator: {
        validate: (value) => value instanceof Map && value.size <= most,
        defaultMessage: () =>
          `$property must be <name>:<key>${more}; make one with: echo "k1:$(openssl rand -base64 32)"`,
      },
    }),
    ValidateBy({
      name: 'ownKey',
      validator: {
        validate: (_value, args) => !twinOf(args),
        defaultMessage: (args) => `$property must differ from ${twinOf(args)}`,
      },
    }),
  );
}

/** The variables of a configuration that hold keys. */
export function ringsOf(config: object): [string, KeyRing][] {
  return Object.entries(config).filter((property): property is [string, KeyRing] => property[1] instanceof Map);
}

/** The key that seals now. */
export function firstOf(ring: KeyRing): { kid: string; key: KeyObject } {
  const [first] = ring;
  if (!first) throw new Error('a key ring without a key');
  return { kid: first[0], key: first[1] };
}

function parseRing(text: string): KeyRing | undefined {
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

/** The other variable that has a key of this one. */
function twinOf(args?: ValidationArguments): string | undefined {
  const own = args?.value instanceof Map ? [...(args.value as KeyRing).values()] : [];
  const others = ringsOf(args?.object ?? {}).filter(([name]) => name !== args?.property);
  return others.find(([, ring]) => [...ring.values()].some((key) => own.some((mine) => mine.equals(key))))?.[0];
}
