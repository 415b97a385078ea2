// Who may talk to whom, as the rendered NetworkPolicies have it: each edge of the architecture, and no other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentsOf, ENVIRONMENTS, ofKind, parse, template, workloadsOf } from '../rendered.mjs';

const EDGES = [
  'ingress-controller → api-gateway:http',
  'api-gateway → users-service:grpc',
  'api-gateway → products-service:grpc',
  'api-gateway → orders-service:grpc',
  'orders-service → products-service:grpc',
  'api-gateway → redis:6379',
  'api-gateway → rabbitmq:5671',
  'users-service → postgres-users:5432',
  'users-service → rabbitmq:5671',
  'products-service → mongodb:27017',
  'products-service → rabbitmq:5671',
  'orders-service → postgres-orders:5432',
  'orders-service → rabbitmq:5671',
  'migrate-users → postgres-users:5432',
  'migrate-products → mongodb:27017',
  'migrate-orders → postgres-orders:5432',
  'seed-admin → postgres-users:5432',
  'reconcile → products-service:grpc',
  'reconcile → postgres-orders:5432',
  'verify-audit → postgres-users:5432',
  'backup → postgres-users:5432',
  'backup → postgres-orders:5432',
  'backup → mongodb:27017',
  'backup → redis:6379',
  'prometheus → api-gateway:metrics',
  'prometheus → users-service:http',
  'prometheus → products-service:http',
  'prometheus → orders-service:http',
  'api-gateway → traces:4318',
  'users-service → traces:4318',
  'products-service → traces:4318',
  'orders-service → traces:4318',
  'orders-service → stripe:443',
  'reconcile → stripe:443',
];
const ONLY_IN = {
  local: (edge) => !/^(ingress-controller|prometheus) |→ (traces|stripe)/.test(edge),
  staging: () => true,
  production: () => true,
};
const ALSO_IN = { local: ['seed-catalog → mongodb:27017'], staging: [], production: [] };

// Whom a selector means that is about pods of others.
const OTHERS = {
  'cnpg.io/cluster=postgres-users in shop-stores': 'postgres-users',
  'cnpg.io/cluster=postgres-orders in shop-stores': 'postgres-orders',
  'app=mongodb-svc in shop-stores': 'mongodb',
  'app=redis in shop-stores': 'redis',
  'app.kubernetes.io/name=rabbitmq in shop-stores': 'rabbitmq',
  'k8s-app=kube-dns in kube-system': 'dns',
  ' in ingress': 'ingress-controller',
  'app.kubernetes.io/name=prometheus in monitoring': 'prometheus',
  'app.kubernetes.io/name=opentelemetry-collector in monitoring': 'traces',
};

for (const environment of ENVIRONMENTS) {
  const documents = documentsOf(environment);
  const policies = ofKind(documents, 'NetworkPolicy');
  const workloads = workloadsOf(documents);

  test(`${environment}: when nothing is said of a pod, then it reaches nobody and nobody reaches it`, () => {
    const [all, ...more] = policies.filter(({ spec }) => Object.keys(spec.podSelector).length === 0);
    assert.deepEqual(all.spec, { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    assert.deepEqual(more, []);
    for (const { spec } of policies) assert.deepEqual(spec.policyTypes, ['Ingress', 'Egress']);
  });

  test(`${environment}: when all policies are read together, then they are the edges of the architecture and no other`, () => {
    const expected = [...EDGES.filter(ONLY_IN[environment]), ...ALSO_IN[environment]];
    assert.deepEqual(edgesOf(policies, workloads).sort(), expected.sort());
  });

  test(`${environment}: when a workload looks for a name, then it may ask, and only the name server`, () => {
    for (const { name } of workloads) {
      const [own, ...more] = policiesOf(name, policies, workloads);
      assert.deepEqual(more, [], name);
      const names = own.spec.egress.filter(({ ports }) => ports.some(({ port }) => port === 53));
      assert.deepEqual(
        names.flatMap(({ to }) => to.map((peer) => nameOf(peer, workloads))),
        ['dns'],
        name,
      );
    }
  });
}

test('when a restore is allowed, then it reaches the stores and nobody else, and nobody reaches it', async () => {
  const documents = parse(await template('local', 'jobs.restore.isOff=false'));
  const edges = edgesOf(ofKind(documents, 'NetworkPolicy'), workloadsOf(documents));
  const stores = ['postgres-users:5432', 'postgres-orders:5432', 'mongodb:27017', 'redis:6379', 'rabbitmq:5671'];
  assert.deepEqual(
    edges.filter((edge) => edge.includes('restore')).sort(),
    stores.map((store) => `restore → ${store}`).sort(),
  );
});

test('when somebody deals with dead letters, then that reaches the broker and the audit trail, and nobody else', async () => {
  const documents = parse(await template('local', 'jobs.dlq.isOff=false'));
  const edges = edgesOf(ofKind(documents, 'NetworkPolicy'), workloadsOf(documents));
  assert.deepEqual(edges.filter((edge) => edge.includes('dlq')).sort(), [
    'dlq → rabbitmq:5671',
    'dlq → users-service:grpc',
  ]);
});

// An edge between two of ours must be open at both ends.
function edgesOf(policies, workloads) {
  const out = [];
  const into = [];
  for (const { name } of workloads)
    for (const { spec } of policiesOf(name, policies, workloads)) {
      for (const { to, ports } of spec.egress)
        out.push(...pairs(to, ports, (peer, port) => `${name} → ${peer}:${port}`));
      for (const { from, ports } of spec.ingress ?? [])
        into.push(...pairs(from, ports, (peer, port) => `${peer} → ${name}:${port}`));
    }
  const ours = new Set(workloads.map(({ name }) => name));
  const isInside = (edge) =>
    edge
      .split(/ → |:/)
      .slice(0, 2)
      .every((end) => ours.has(end));
  assert.deepEqual(out.filter(isInside).sort(), into.filter(isInside).sort(), 'open at one end only');
  return [...out, ...into.filter((edge) => !isInside(edge))].filter((edge) => !/→ dns:/.test(edge));

  function pairs(peers, ports, edge) {
    return peers.flatMap((peer) => ports.map(({ port }) => edge(nameOf(peer, workloads), port)));
  }
}

function policiesOf(name, policies, workloads) {
  const { pod } = workloads.find((workload) => workload.name === name);
  return policies.filter(({ spec: { podSelector } }) => podSelector.matchLabels && selects(podSelector, pod));
}

function nameOf(peer, workloads) {
  if (peer.ipBlock) {
    assert.ok(peer.ipBlock.except.includes('10.0.0.0/8'), 'what is private is not outside');
    return 'stripe';
  }
  if (!peer.namespaceSelector) {
    const found = workloads.filter(({ pod }) => selects(peer.podSelector, pod));
    assert.equal(found.length, 1, `${JSON.stringify(peer)} means ${found.length} workloads`);
    return found[0].name;
  }
  const [label] = Object.entries(peer.podSelector?.matchLabels ?? {}).map((pair) => pair.join('='));
  const where = peer.namespaceSelector.matchLabels['kubernetes.io/metadata.name'];
  const name = OTHERS[`${label ?? ''} in ${where}`];
  assert.ok(name, `nobody knows ${JSON.stringify(peer)}`);
  return name;
}

function selects({ matchLabels }, pod) {
  return Object.entries(matchLabels).every(([label, value]) => pod.metadata.labels[label] === value);
}
