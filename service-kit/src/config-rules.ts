import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  registerDecorator,
} from 'class-validator';

export { IsOptional as EnvOptional };

/** A whole number from `min` to `max`. */
export function EnvInt(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => toNumber(value)),
    IsInt(),
    Min(min),
    Max(max),
  );
}

/** A share of something: from 0 to 1. */
export function EnvRatio(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value)),
    IsNumber({}, { message: '$property must be a number from 0 to 1' }),
    Min(0),
    Max(1),
  );
}

/** true or false, by these words only. */
export function EnvBool(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

/** Comma-separated. */
export function EnvList(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? splitList(value) : value)),
    IsArray(),
    IsString({ each: true }),
  );
}

/** "250ms", "10s", "15m", "12h", "7d" or a plain number of milliseconds; the property holds milliseconds. */
export function EnvDuration(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => (typeof value === 'string' ? parseDuration(value) : value)),
    IsInt({ message: '$property must be a duration like 250ms, 10s, 15m, 12h or 7d' }),
    Min(1),
  );
}

/** Certificates of authorities, as PEM; without them the system's authorities decide. Usually given as a file: NAME_FILE. */
export function EnvAuthorities(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    Matches(/^\s*-----BEGIN CERTIFICATE-----/, { message: '$property must hold certificates in PEM format' }),
  );
}

/** The address of a store, of one of these schemes. */
export function EnvStoreAddress(...schemes: string[]): PropertyDecorator {
  return applyDecorators(
    Matches(new RegExp(`^(${schemes.map((scheme) => scheme.replace('+', '\\+')).join('|')})://`), {
      message: `$property must be a ${schemes[0]}:// address`,
    }),
    Matches(VERIFIED, { message: '$property switches off the check of certificates: give the authority instead' }),
  );
}

// TLS without that check is a secret shared with whoever answers.
const VERIFIED =
  /^(?!.*[?&](ssl(mode)?=no-verify|uselibpqcompat=|tlsInsecure=true|tlsAllowInvalid(Certificates|Hostnames)=true))/i;

const PLACEHOLDER = /change|secret|example|placeholder|password|default|your[-_ ]|^todo|x{8}|^(.)\1+$/i;

/**
 * A key of 32 bytes or more that is no placeholder, and while keys change another one after a comma: SigningKeys reads
 * them. Make one with `openssl rand -base64 32`.
 */
export function EnvSecret(): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name: 'envSecret',
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown) => areStrongSecrets(keysIn(value)),
        defaultMessage: () =>
          '$property must be a random secret of at least 32 bytes and no placeholder, or two different ones with a comma; ' +
          'make one with: openssl rand -base64 32',
      },
    });
  };
}

/** Refused when it shares a key with any of the named properties: one that serves two purposes serves neither. */
export function DiffersFrom(...others: string[]): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name: 'differsFrom',
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown, args) => {
          const all = args?.object as Record<string, unknown>;
          const theirs = others.flatMap((other) => keysIn(all[other]));
          return !keysIn(value).some((key) => theirs.includes(key));
        },
        defaultMessage: () => `$property must differ from ${others.join(' and ')}`,
      },
    });
  };
}

export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (!match) return NaN;
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 'ms'] ?? NaN;
  return Math.round(Number(match[1]) * unitMs);
}

function keysIn(value: unknown): string[] {
  return typeof value === 'string' ? splitList(value) : [];
}

function areStrongSecrets(secrets: string[]): boolean {
  const areOneOrTwo = secrets.length === 1 || (secrets.length === 2 && secrets[0] !== secrets[1]);
  return areOneOrTwo && secrets.every(isStrongSecret);
}

function isStrongSecret(value: string): boolean {
  return Buffer.byteLength(value) >= 32 && new Set(value).size >= 10 && !PLACEHOLDER.test(value);
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
}

export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}
