import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IsString } from 'class-validator';
import { loadConfig, readConfig, ServiceConfig, TracingConfig, variablesOf } from './config';
import {
  DiffersFrom,
  EnvAuthorities,
  EnvBool,
  EnvDuration,
  EnvInt,
  EnvList,
  EnvOptional,
  EnvSecret,
  EnvStoreAddress,
  parseDuration,
} from './config-rules';

const STRONG = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';
const OTHER = 'Zp3vN8wQ1rYk6tLm0sXc4bGh7dJf2aUe9iKo5yTn=';
const THIRD = 'Lw6cT1xRk9vQ4mSb8zYp2nHd7gJf0aUe5iKo3yNt=';

class SampleConfig {
  @EnvInt(1, 100)
  SIZE = 10;

  @EnvBool()
  ENABLED = true;

  @EnvList()
  ORIGINS: string[] = [];

  @EnvDuration()
  LIFETIME = 1000;

  @EnvOptional()
  @IsString()
  NICKNAME?: string;

  @EnvSecret()
  KEY: string;

  @DiffersFrom('KEY')
  @EnvSecret()
  SECOND_KEY: string;
}

const GOOD = { KEY: STRONG, SECOND_KEY: OTHER };

describe('readConfig', () => {
  it('when only what has no default is given, then the rest are defaults', () => {
    const { config, problems } = readConfig(SampleConfig, GOOD);
    expect(problems).toEqual([]);
    expect(config).toEqual({ SIZE: 10, ENABLED: true, ORIGINS: [], LIFETIME: 1000, ...GOOD });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('when values are given, then they arrive in their types', () => {
    const env = {
      ...GOOD,
      SIZE: '5',
      ENABLED: 'false',
      ORIGINS: 'https://a.example, https://b.example',
      LIFETIME: '15m',
    };
    expect(readConfig(SampleConfig, env).config).toMatchObject({
      SIZE: 5,
      ENABLED: false,
      ORIGINS: ['https://a.example', 'https://b.example'],
      LIFETIME: 900_000,
    });
  });

  it('when several variables are wrong or missing, then each is named', () => {
    const { problems } = readConfig(SampleConfig, { SIZE: '0', ENABLED: 'yes', LIFETIME: 'soon', KEY: STRONG });
    expect(problems).toHaveLength(4);
    for (const name of ['SIZE', 'ENABLED', 'LIFETIME', 'SECOND_KEY is missing']) {
      expect(problems).toContainEqual(expect.stringContaining(name));
    }
  });

  it.each(['', '0x10', '1e1', '12.5', 'ten', '101'])('when a number is %j, then it is not taken', (SIZE) => {
    const { config, problems } = readConfig(SampleConfig, { ...GOOD, SIZE });
    // An empty variable counts as absent, as in Compose files.
    if (SIZE === '') expect(config.SIZE).toBe(10);
    else expect(problems).toHaveLength(1);
  });

  it.each([
    ['short', 'abc123'],
    ['one repeated letter', 'a'.repeat(40)],
    ['a placeholder', 'please-change-me-please-change-me-0123456789'],
    ['a word list classic', 'super-secret-key-0123456789-abcdefghijk'],
    ['few different letters', 'abababababababababababababababababab'],
    ['strong, and the next one short', `${STRONG},abc123`],
    ['short, and the next one strong', `abc123,${STRONG}`],
    ['the same twice', `${STRONG},${STRONG}`],
    ['three', `${STRONG},${THIRD},${THIRD.toLowerCase()}`],
  ])('when a secret is %s, then it is refused', (_kind, KEY) => {
    expect(readConfig(SampleConfig, { ...GOOD, KEY }).problems).toEqual([expect.stringContaining('openssl rand')]);
  });

  it('when two secrets are equal, then the second is refused and not shown', () => {
    const { problems } = readConfig(SampleConfig, { KEY: STRONG, SECOND_KEY: STRONG });
    expect(problems).toEqual(['SECOND_KEY must differ from KEY']);
  });

  it.each([
    ['both second', `${THIRD},${STRONG}`, `${OTHER},${STRONG}`],
    ['first and second', `${STRONG},${THIRD}`, `${OTHER}, ${STRONG}`],
    ['the only one and a second', STRONG, `${OTHER},${STRONG}`],
  ])('when two variables share a secret (%s), then the second is refused', (_what, KEY, SECOND_KEY) => {
    expect(readConfig(SampleConfig, { KEY, SECOND_KEY }).problems).toEqual(['SECOND_KEY must differ from KEY']);
  });

  it('when a variable has two strong secrets, then both are taken', () => {
    const { config, problems } = readConfig(SampleConfig, { KEY: STRONG, SECOND_KEY: `${THIRD}, ${OTHER}` });
    expect(problems).toEqual([]);
    expect(config.SECOND_KEY).toBe(`${THIRD}, ${OTHER}`);
  });

  it('when a secret is wrong, then its value is in no message', () => {
    const KEY = 'hunter2-hunter2';
    expect(readConfig(SampleConfig, { ...GOOD, KEY }).problems.join()).not.toContain('hunter2');
  });

  it('when X_FILE names a file, then its trimmed content is the value', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'key');
    writeFileSync(file, `${STRONG}\n`);
    const { config, problems } = readConfig(SampleConfig, { KEY_FILE: file, SECOND_KEY: OTHER });
    expect(problems).toEqual([]);
    expect(config.KEY).toBe(STRONG);
  });

  it('when X_FILE names nothing readable, then variable and file are named', () => {
    const { problems } = readConfig(SampleConfig, { KEY_FILE: '/does/not/exist', SECOND_KEY: OTHER });
    expect(problems).toContain('KEY_FILE names /does/not/exist, which cannot be read');
  });
});

describe('loadConfig', () => {
  it('when something is wrong, then every bad variable is printed and the process ends with 1', () => {
    const exit = jest.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    loadConfig(SampleConfig, { SIZE: 'many' });
    expect(exit).toHaveBeenCalledWith(1);
    const printed = stderr.mock.calls.map(([text]) => String(text)).join('');
    for (const name of ['SIZE', 'KEY', 'SECOND_KEY']) expect(printed).toContain(name);
    jest.restoreAllMocks();
  });
});

it('when a schema extends another, then the variables of both are known', () => {
  class Extended extends ServiceConfig {
    @IsString()
    DATABASE_URL: string;
  }
  expect(variablesOf(Extended)).toEqual(expect.arrayContaining(['HTTP_PORT', 'JWT_SERVICE_SECRET', 'DATABASE_URL']));
});

describe('where traces go', () => {
  it.each(['http://127.0.0.1:4318', 'https://collector.example/otlp/'])(
    'when it is %s, then it is taken',
    (address) => {
      const { config, problems } = readConfig(TracingConfig, { OTEL_EXPORTER_OTLP_ENDPOINT: address });
      expect({ problems, config }).toEqual({
        problems: [],
        config: { OTEL_EXPORTER_OTLP_ENDPOINT: address, TRACE_SAMPLE_RATIO: 0.01 },
      });
    },
  );

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'grpc://collector:4317'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:secret@collector:4318'],
    ['TRACE_SAMPLE_RATIO', '2'],
    ['TRACE_SAMPLE_RATIO', '-0.1'],
    ['TRACE_SAMPLE_RATIO', '1e3'],
    ['TRACE_SAMPLE_RATIO', '1%'],
  ])('when %s is "%s", then it is refused by its name', (name, value) => {
    const { problems } = readConfig(TracingConfig, { [name]: value });
    expect(problems).toEqual([expect.stringContaining(name)]);
  });
});

it.each([
  ['250ms', 250],
  ['10s', 10_000],
  ['15m', 900_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['1.5s', 1500],
  ['42', 42],
  ['-1s', NaN],
  ['soon', NaN],
])('when a duration is %s, then it is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

describe('the address of a store', () => {
  class StoreConfig {
    @EnvStoreAddress('postgresql', 'mongodb', 'mongodb+srv')
    STORE: string;

    @EnvAuthorities()
    STORE_CA?: string;
  }
  const problemsWith = (env: Record<string, string>) => readConfig(StoreConfig, env).problems.join();

  it.each([
    'postgresql://app:pass@db.example/shop',
    'postgresql://app:pass@db.example/shop?sslmode=verify-full&sslrootcert=/ca.crt',
    'mongodb+srv://app:pass@cluster.example/shop?tls=true',
  ])('when TLS is checked or not asked for, then it is taken: %s', (STORE) => {
    expect(problemsWith({ STORE })).toBe('');
  });

  it.each([
    'postgresql://app:pass@db.example/shop?sslmode=no-verify',
    'postgresql://app:pass@db.example/shop?a=b&ssl=no-verify',
    'postgresql://app:pass@db.example/shop?uselibpqcompat=true&sslmode=require',
    'mongodb://app:pass@one.example/shop?tls=true&tlsInsecure=true',
    'mongodb://app:pass@one.example/shop?tlsAllowInvalidCertificates=true',
    'mongodb://app:pass@one.example/shop?tlsAllowInvalidHostnames=true',
  ])('when certificates would not be checked, then the app does not start: %s', (STORE) => {
    expect(problemsWith({ STORE })).toMatch(/^STORE switches off/);
  });

  it('when it is of another kind, then the app does not start', () => {
    expect(problemsWith({ STORE: 'mysql://db.example' })).toMatch(/^STORE must be a postgresql/);
  });

  it('when an authority is no certificate, then the app does not start', () => {
    const STORE = 'postgresql://db.example/shop';
    expect(problemsWith({ STORE, STORE_CA: '-----BEGIN CERTIFICATE-----\n…' })).toBe('');
    expect(problemsWith({ STORE, STORE_CA: '/etc/ssl/ca.crt' })).toMatch(/^STORE_CA must hold/);
  });
});
