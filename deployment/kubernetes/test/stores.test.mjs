// Where the stores' resources, their Secrets and the chart say the same thing in two places.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { root } from '../../local/workspace.mjs';
import { documentsOf, ofKind, parse } from '../rendered.mjs';
import { keysOf, madeSecrets } from './made-secrets.mjs';

const kubernetes = join(root, 'deployment', 'kubernetes');
const files = readdirSync(join(kubernetes, 'stores')).filter((name) => name.endsWith('.yaml'));
const documents = files.flatMap((name) => parse(readFileSync(join(kubernetes, 'stores', name), 'utf8')));
const certificates = documents.filter(
  ({ kind, metadata }) => kind === 'Certificate' && metadata.namespace === 'shop-stores',
);
const folder = mkdtempSync(join(tmpdir(), 'shop-stores-'));
const secrets = madeSecrets(folder);
after(() => rmSync(folder, { recursive: true }));

test('when a store names a Secret, then it is made by make-secrets.mjs or by cert-manager', () => {
  const made = [...keysOf(secrets, 'shop-stores').keys(), ...certificates.map(({ spec }) => spec.secretName)];
  const stores = documents.filter(({ kind }) =>
    /^(Cluster|MongoDBCommunity|RedisReplication|RabbitmqCluster)$/.test(kind),
  );
  const named = new Set(stores.flatMap(({ spec }) => secretsIn(spec)));
  assert.ok(named.size >= 16, [...named].join());
  assert.deepEqual(
    [...named].filter((name) => !made.includes(name)),
    [],
  );
});

test("when a role's password changes, then CloudNativePG is told to look", () => {
  const roles = secrets.filter(({ type }) => type === 'kubernetes.io/basic-auth');
  assert.equal(roles.length, 6);
  for (const { metadata } of roles) assert.equal(metadata.labels?.['cnpg.io/reload'], 'true', metadata.name);
});

test('when a client asks a store for its certificate, then the name that it knows the store by is in there', () => {
  const values = secrets.flatMap(({ stringData }) => Object.values(stringData));
  const hosts = values.flatMap((value) => value.match(/(?<=@)[\w.-]+\.svc(?=:\d+)/g) ?? []);
  const gateway = ofKind(documentsOf('production'), 'ConfigMap').find(
    ({ metadata }) => metadata.name === 'api-gateway',
  );
  const known = certificates.flatMap(({ spec }) => spec.dnsNames);
  const all = new Set([...hosts, gateway.data.REDIS_HOST]);
  assert.equal(all.size, 5);
  assert.deepEqual(
    [...all].filter((host) => !known.includes(host)),
    [],
  );
});

test('when the stores are made smaller for one machine, then what is changed is there, and no zone is asked for', () => {
  const { patches } = parseYaml(readFileSync(join(kubernetes, 'stores-local', 'kustomization.yaml'), 'utf8'));
  for (const { target, patch } of patches) {
    const operations = parseYaml(patch);
    for (const { metadata, spec } of documents.filter(({ kind }) => kind === target.kind)) {
      for (const { path } of operations) assert.notEqual(valueAt({ spec }, path), undefined, `${metadata.name}${path}`);
      const removed = operations.filter(({ op }) => op === 'remove').map(({ path }) => path);
      const spread = pathsTo('topologySpreadConstraints', { spec });
      assert.deepEqual(
        spread.filter((path) => !removed.includes(path)),
        [],
        metadata.name,
      );
    }
  }
});

// Operators have many names for a reference to a Secret; all have "secret" in them.
function secretsIn(value, key = '') {
  if (typeof value === 'string') return /secret/i.test(key) && key !== 'scramCredentialsSecretName' ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    secretsIn(each, name === 'name' && /secret/i.test(key) ? key : name),
  );
}

function valueAt(value, path) {
  return path
    .split('/')
    .slice(1)
    .reduce((found, name) => found?.[name], value);
}

function pathsTo(key, value, path = '') {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) =>
    name === key ? [`${path}/${name}`] : pathsTo(key, each, `${path}/${name}`),
  );
}
