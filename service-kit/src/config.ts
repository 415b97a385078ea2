import { existsSync, readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, IsIn, IsNotEmpty, IsString, Matches, validateSync } from 'class-validator';
import { EnvAuthorities, EnvDuration, EnvInt, EnvOptional, EnvRatio, EnvSecret, EnvStoreAddress } from './config-rules';

type Environment = Readonly<Record<string, string | undefined>>;

/** Read before anything else is loaded: tracing.ts. */
export class TracingConfig {
  /** Of a collector that speaks OTLP over HTTP; without it nothing is traced. */
  @EnvOptional()
  @Matches(/^https?:\/\/[^\s?#@]+$/, {
    message: '$property must be an http:// or https:// address without a password: http://127.0.0.1:4318',
  })
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;

  /** Of all traces that begin here, the share that is recorded. */
  @EnvRatio()
  TRACE_SAMPLE_RATIO = 0.01;
}

/** What every app reads. Property names are the environment's names, so that a search finds both. */
export class ServiceConfig extends TracingConfig {
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
  LOG_LEVEL = 'info';

  @IsString()
  HTTP_HOST = '127.0.0.1';

  @EnvInt(0, 65535)
  HTTP_PORT: number;

  @EnvStoreAddress('amqp', 'amqps')
  RABBITMQ_URL: string;

  /** Who vouches for an amqps:// broker. */
  @EnvAuthorities()
  RABBITMQ_CA?: string;

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

  /** How long a client keeps its connection before it looks anew which instances there are: what was added is called from then on. */
  @EnvDuration()
  GRPC_CONNECTION_AGE = 300_000;
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
  env: Environment = environment(),
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
