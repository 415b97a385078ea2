import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, ownerEnvironmentOf, settingsOf } from './apps.mjs';
import { USUAL_PORTS } from './ports.mjs';
import { writeWhole } from './secrets.mjs';

/** Files for `node --env-file`: what each app reads, what its migration reads instead, and what the component tests read. */
export function writeEnvironmentFiles(context) {
  const folder = join(context.dir, 'env');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name, settings) => writeWhole(join(folder, `${name}.env`), linesOf(settings));
  const usual = { ...context, ports: { ...USUAL_PORTS, ...context.ports } };
  for (const app of APPS) {
    write(app, settingsOf(app, usual));
    const owner = ownerEnvironmentOf(app, context);
    if (owner) write(`${app}.owner`, owner);
  }
  if (Object.values(context.wanted).every(Boolean)) write('tests', testSettingsOf(context));
}

function testSettingsOf({ dir, stores }) {
  const { postgres, mongodb, redis, rabbitmq } = stores;
  return {
    TEST_POSTGRES_URL: postgres.superuserUrl,
    TEST_MONGODB_URI: mongodb.rootUri,
    TEST_REDIS_HOST: redis.host,
    TEST_REDIS_PORT: redis.port,
    TEST_REDIS_PASSWORD: redis.password,
    TEST_REDIS_OPERATOR_PASSWORD: redis.operator.password,
    TEST_RABBITMQ_URL: rabbitmq.operatorUrl,
    TEST_TLS_DIR: join(dir, 'tls'),
  };
}

function linesOf(settings) {
  return Object.entries(settings)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}
