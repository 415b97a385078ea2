// Where the chart and the apps say the same thing in two places.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../local/workspace.mjs';
import { documentsOf, ENVIRONMENTS, ofKind, parse, template, workloadsOf } from '../rendered.mjs';
import { keysOf, madeSecrets } from './made-secrets.mjs';

const require = createRequire(import.meta.url);
const { readConfig, variablesOf, parseDuration } = require(join(root, 'service-kit', 'dist'));
const CONFIGS = {
  'api-gateway': ['api-gateway', 'GatewayConfig'],
  'users-service': ['users-service', 'UsersConfig'],
  'products-service': ['products-service', 'ProductsConfig'],
  'orders-service': ['orders-service', 'OrdersConfig'],
  'migrate-users': ['users-service', 'UsersConfig'],
  'migrate-products': ['products-service', 'ProductsConfig'],
  'migrate-orders': ['orders-service', 'OrdersConfig'],
  'seed-admin': ['users-service', 'SeedConfig'],
  'seed-catalog': ['products-service', 'ProductsConfig'],
  reconcile: ['orders-service', 'OrdersConfig'],
  'verify-audit': ['users-service', 'UsersConfig'],
};
const given = mkdtempSync(join(tmpdir(), 'shop-given-'));
after(() => rmSync(given, { recursive: true }));

for (const environment of ENVIRONMENTS) {
  const documents = documentsOf(environment);
  const workloads = workloadsOf(documents);
  const environmentOf = (name) => {
    const [container] = workloads.find((workload) => workload.name === name).pod.spec.containers;
    const maps = (container.envFrom ?? []).map(({ configMapRef }) =>
      ofKind(documents, 'ConfigMap').find(({ metadata }) => metadata.name === configMapRef.name),
    );
    const inline = Object.fromEntries((container.env ?? []).map((one) => [one.name, one.value]));
    return Object.assign({}, ...maps.map(({ data }) => data), inline);
  };

  test(`${environment}: when an app or a job starts, then its configuration is complete and good, and it knows every variable`, () => {
    for (const { name, pod } of workloads.filter((workload) => CONFIGS[workload.name])) {
      const [app, schema] = CONFIGS[name];
      const Schema = require(join(root, app, 'dist', 'config.js'))[schema];
      const variables = environmentOf(name);
      const files = filesIn(pod);
      const { problems } = readConfig(Schema, withContents(variables, files));
      assert.deepEqual(problems, [], name);
      const known = new Set(variablesOf(Schema));
      const unknown = Object.keys(variables).filter(
        (each) => !known.has(each) && !known.has(each.replace(/_FILE$/, '')),
      );
      assert.deepEqual(unknown, [], name);
    }
  });

  test(`${environment}: when a variable names a file, then the pod has it`, () => {
    for (const { name, pod } of workloads) {
      const named = Object.values(environmentOf(name)).filter((value) => value.startsWith('/run/shop/'));
      const certificate = ['apps.crt', 'tls.crt', 'tls.key'].map((file) => `/run/shop/${file}`);
      const needed = workloads.find((each) => each.name === name).kind === 'Deployment' || name === 'reconcile';
      const missing = named.filter((file) => !filesIn(pod).includes(file.slice('/run/shop/'.length)));
      assert.deepEqual(
        missing.filter((file) => needed || !certificate.includes(file)),
        [],
        name,
      );
    }
  });

  test(`${environment}: when a pod has to go, then Kubernetes waits longer than the app needs`, () => {
    for (const { metadata, spec } of ofKind(documents, 'Deployment')) {
      const { SHUTDOWN_TIMEOUT, SHUTDOWN_DELAY } = environmentOf(metadata.name);
      const graceMs = spec.template.spec.terminationGracePeriodSeconds * 1000;
      assert.ok(graceMs > parseDuration(SHUTDOWN_TIMEOUT), metadata.name);
      // Ready is asked every 5 s, and addresses take a moment to get round.
      assert.ok(parseDuration(SHUTDOWN_DELAY) >= 5000, metadata.name);
    }
  });

  test(`${environment}: when the gateway counts proxies, then as many are before it`, () => {
    const hops = Number(environmentOf('api-gateway').TRUSTED_PROXY_HOPS);
    assert.equal(hops > 0, ofKind(documents, 'Ingress').length > 0);
  });

  test(`${environment}: when a body is too big, then the Ingress controller refuses the same ones as the gateway`, () => {
    const { BODY_LIMIT } = require(join(root, 'api-gateway', 'dist', 'http', 'json-body.js'));
    for (const { metadata } of ofKind(documents, 'Ingress'))
      assert.equal(metadata.annotations['nginx.org/client-max-body-size'], `${BODY_LIMIT / 1024}k`);
  });

  test(`${environment}: when an app calls another, then its certificate is in that name`, () => {
    const certificates = ofKind(documents, 'Certificate');
    for (const { metadata, spec } of certificates) {
      assert.equal(spec.commonName, metadata.name);
      assert.ok(spec.dnsNames.includes(metadata.name));
      assert.ok(spec.usages.includes('client auth') && spec.usages.includes('server auth'));
    }
    assert.equal(certificates.length, 4);
  });
}

test('when secrets are made for an empty cluster, then each that a pod names is among them, with each of its keys', () => {
  assertAllSecrets(documentsOf('local'), keysOf(madeSecrets(join(given, 'made')), 'shop'));
});

test('when a restore is allowed, then it waits to be begun by hand, and its Secret is made only when it is asked for', async () => {
  const documents = parse(await template('local', 'jobs.restore.isOff=false'));
  assert.equal(ofKind(documents, 'CronJob').find(({ metadata }) => metadata.name === 'restore').spec.suspend, true);
  const folder = join(given, 'made');
  const usual = keysOf(madeSecrets(folder), 'shop');
  assert.ok(!usual.has('restore'));
  assertAllSecrets(documents, new Map([...usual, ...keysOf(madeSecrets(folder, '--restore'), 'shop')]));
});

test('when somebody deals with dead letters, then as operator, by hand, with a Secret that is made when it is asked for', async () => {
  const documents = parse(await template('local', 'jobs.dlq.isOff=false', 'jobs.dlq.settings.OPERATOR=mary'));
  assert.equal(ofKind(documents, 'CronJob').find(({ metadata }) => metadata.name === 'dlq').spec.suspend, true);
  const { pod } = workloadsOf(documents).find(({ name }) => name === 'dlq');
  const { containers, volumes } = pod.spec;
  const variables = Object.fromEntries(containers[0].env.map(({ name, value }) => [name, value]));
  assert.equal(variables.OPERATOR, 'mary');
  assert.equal(variables.USERS_GRPC_URL, 'dns:///users-service:5052');
  const files = filesIn(pod);
  for (const name of ['RABBITMQ_URL', 'JWT_SERVICE_SECRET']) {
    assert.equal(variables[`${name}_FILE`], `/run/shop/${name}`);
    assert.ok(files.includes(name), name);
  }
  const certificate = ofKind(documents, 'Certificate').find(({ spec: { commonName } }) => commonName === 'operator');
  const { secret } = volumes[0].projected.sources.find((source) => source.secret?.name === certificate.spec.secretName);
  assert.deepEqual(
    secret.items.map(({ path }) => `/run/shop/${path}`),
    [variables.TLS_CERT_FILE, variables.TLS_KEY_FILE],
  );
  const folder = join(given, 'made');
  const usual = keysOf(madeSecrets(folder), 'shop');
  assert.ok(!usual.has('dlq'));
  assertAllSecrets(documents, new Map([...usual, ...keysOf(madeSecrets(folder, '--dlq'), 'shop')]));
});

test('when External Secrets are on, then each Secret that a pod names is asked for, with each of its keys', () => {
  const documents = documentsOf('production');
  const made = new Map(
    ofKind(documents, 'ExternalSecret').map((one) => [
      one.spec.target.name,
      one.spec.data.map((each) => each.secretKey),
    ]),
  );
  assertAllSecrets(documents, made);
});

test('when a number is big, then an app can read it', async () => {
  const documents = parse(await template('local', 'apps.orders-service.settings.SAGA_MAX_PENDING=1000000'));
  const { data } = ofKind(documents, 'ConfigMap').find(({ metadata }) => metadata.name === 'orders-service');
  assert.equal(data.SAGA_MAX_PENDING, '1000000');
});

test('when a Secret of yours is called otherwise, then the chart takes its name and key', async () => {
  const text = await template(
    'local',
    'apps.users-service.secrets.DATABASE_URL.name=mine',
    'apps.users-service.secrets.DATABASE_URL.key=uri',
  );
  const { pod } = workloadsOf(parse(text)).find(({ name }) => name === 'users-service');
  const sources = pod.spec.volumes[0].projected.sources
    .map(({ secret }) => secret)
    .filter((secret) => secret?.name === 'mine');
  assert.deepEqual(sources, [{ name: 'mine', items: [{ key: 'uri', path: 'DATABASE_URL' }] }]);
});

function assertAllSecrets(documents, made) {
  for (const { name, pod } of workloadsOf(documents))
    for (const { secret } of pod.spec.volumes[0].projected.sources) {
      if (!secret || secret.name.endsWith('-tls')) continue;
      for (const { key } of secret.items)
        assert.ok(made.get(secret.name)?.includes(key), `${name}: ${secret.name}/${key}`);
    }
}

function filesIn(pod) {
  const { sources } = pod.spec.volumes.find(({ name }) => name === 'given').projected;
  return sources.flatMap(({ secret, configMap }) => (secret ?? configMap).items.map(({ path }) => path));
}

// What Secrets would have in them, of the right shape.
function withContents(variables, files) {
  for (const file of files) writeFileSync(join(given, file), contentOf(file));
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, value.replace('/run/shop', given)]),
  );
}

function contentOf(file) {
  const shapes = [
    [/\.crt$/, '-----BEGIN CERTIFICATE-----'],
    [/^RABBITMQ_URL$/, 'amqps://a:b@rabbitmq'],
    [/DATABASE_URL$/, 'postgresql://a:b@postgres/a?sslmode=verify-full'],
    [/^MONGODB_URI$/, 'mongodb://a:b@mongodb/products?tls=true'],
    [/^STRIPE_SECRET_KEY$/, `sk_test_${'a1'.repeat(10)}`],
    [/^STRIPE_WEBHOOK_SECRET$/, `whsec_${'a1'.repeat(10)}`],
    [/_SECRET$/, `${file}-kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq`.replace(/SECRET/g, 'S3')],
  ];
  return shapes.find(([pattern]) => pattern.test(file))?.[1] ?? `k1:${randomBytes(32).toString('base64')}`;
}
