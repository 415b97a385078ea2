import { existsSync, readFileSync } from 'node:fs';
import { applyDecorators } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import {
  getMetadataStorage,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  Min,
  registerDecorator,
  validateSync,
} from 'class-validator';

type Environment = Readonly<Record<string, string | undefined>>;

/** A whole number from `min` to `max`. */
export function EnvInt(min: number, max: number): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }) => toNumber(value)),
    IsInt(),
    Min(min),
    Max(max),
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

const PLACEHOLDER = /change|secret|example|placeholder|password|default|your[-_ ]|^todo|x{8}|^(.)\1+$/i;

/** A key of 32 bytes or more that is no placeholder. Make one with `openssl rand -base64 32`. */
export function EnvSecret(): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name: 'envSecret',
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown) => typeof value === 'string' && isStrongSecret(value),
        defaultMessage: () =>
          '$property must be a random secret of at least 32 bytes and no placeholder; make one with: openssl rand -base64 32',
      },
    });
  };
}

/** Refused when equal to any of the named properties: a key that serves two purposes serves neither. */
export function DiffersFrom(...others: string[]): PropertyDecorator {
  return (target, propertyKey) => {
    registerDecorator({
      name: 'differsFrom',
      target: target.constructor,
      propertyName: String(propertyKey),
      validator: {
        validate: (value: unknown, args) => {
          const all = args?.object as Record<string, unknown>;
          return value === undefined || others.every((other) => all[other] !== value);
        },
        defaultMessage: () => `$property must differ from ${others.join(' and ')}`,
      },
    });
  };
}

/** What every app reads. Property names are the environment's names, so that a search finds both. */
export class ServiceConfig {
  @IsIn(['development', 'test', 'production'])
  NODE_ENV: 'development' | 'test' | 'production' = 'production';

  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL = 'info';

  @IsString()
  HTTP_HOST = '127.0.0.1';

  @EnvInt(0, 65535)
  HTTP_PORT: number;

  @IsString()
  @IsNotEmpty()
  RABBITMQ_URL: string;

  @EnvSecret()
  JWT_SERVICE_SECRET: string;

  @IsString()
  @IsNotEmpty()
  TLS_CA_FILE: string;

  @IsString()
  @IsNotEmpty()
  TLS_CERT_FILE: string;

  @IsString()
  @IsNotEmpty()
  TLS_KEY_FILE: string;

  /** How long a stopping process may take to finish what it has begun. */
  @EnvDuration()
  SHUTDOWN_TIMEOUT = 10_000;

  /** Of that, how long everything is still served while load balancers learn that this process is no longer ready. */
  @EnvDuration()
  SHUTDOWN_DELAY = 1000;
}

/** What every app that serves gRPC reads. */
export class GrpcServiceConfig extends ServiceConfig {
  @IsString()
  GRPC_HOST = '127.0.0.1';

  @EnvInt(0, 65535)
  GRPC_PORT: number;
}

/** Reads, checks and freezes an app's configuration; a bad one ends the process with every bad variable named. */
export function loadConfig<T extends object>(Schema: new () => T, env: Environment = environment()): Readonly<T> {
  const { config, problems } = readConfig(Schema, env);
  if (problems.length === 0) return config;
  process.stderr.write(`The configuration is not valid:\n${problems.map((line) => `  - ${line}\n`).join('')}`);
  process.exit(1);
}

/** As loadConfig, but says what is wrong instead of ending the process. */
export function readConfig<T extends object>(
  Schema: new () => T,
  env: Environment,
): { config: Readonly<T>; problems: string[] } {
  const problems: string[] = [];
  const given: Record<string, unknown> = {};
  for (const name of variablesOf(Schema)) {
    const value = readVariable(name, env, problems);
    if (value !== undefined && value !== '') given[name] = value;
  }
  const config = plainToInstance(Schema, given, { exposeDefaultValues: true });
  for (const error of validateSync(config)) {
    const missing =
      given[error.property] === undefined && (config as Record<string, unknown>)[error.property] === undefined;
    if (missing) problems.push(`${error.property} is missing`);
    else problems.push(...Object.values(error.constraints ?? {}).slice(0, 1));
  }
  return { config: Object.freeze(config), problems };
}

/** The names of the environment variables that a schema reads. */
export function variablesOf(Schema: new () => object): string[] {
  const all = getMetadataStorage().getTargetValidationMetadatas(Schema, '', false, false);
  return [...new Set(all.map((metadata) => metadata.propertyName))];
}

export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (!match) return NaN;
  const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 'ms'] ?? NaN;
  return Math.round(Number(match[1]) * unitMs);
}

export { IsOptional as EnvOptional };

function environment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

// NAME_FILE points at a file with the value: how Docker and Kubernetes hand secrets over.
function readVariable(name: string, env: Environment, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    problems.push(`${name}_FILE names ${file}, which cannot be read`);
    return undefined;
  }
}

function isStrongSecret(value: string): boolean {
  return Buffer.byteLength(value) >= 32 && new Set(value).size >= 10 && !PLACEHOLDER.test(value);
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
}

function splitList(value: string): string[] {
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}
