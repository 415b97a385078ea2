// Whatever the chart starts, in each environment.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../local/workspace.mjs';
import { documentsOf, ENVIRONMENTS, ofKind, workloadsOf } from '../rendered.mjs';

const APPS = ['api-gateway', 'orders-service', 'products-service', 'users-service'];
const SECRET = /secret|password|key|token|_URL$|_URI$|recipient/i;
const NOT_SECRET = /^(dns:\/\/\/[a-z-]+:\d+|\/run\/shop\/[\w.]+|http:\/\/[\w.-]+:\d+)$/;

for (const environment of ENVIRONMENTS) {
  const documents = documentsOf(environment);
  const workloads = workloadsOf(documents);
  const each = (look) => workloads.forEach(({ name, kind, pod }) => look(pod, `${kind} ${name}`));
  const eachContainer = (look) =>
    each((pod, name) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers].forEach((one) => look(one, name)));

  test(`${environment}: when it is rendered, then the four apps and their jobs are there`, () => {
    const names = workloads.map(({ name }) => name);
    for (const name of [
      ...APPS,
      'migrate-users',
      'migrate-products',
      'migrate-orders',
      'backup',
      'reconcile',
      'verify-audit',
    ])
      assert.ok(names.includes(name), name);
  });

  test(`${environment}: when a pod starts, then it is restricted as Pod Security says`, () => {
    each(({ spec }, name) => {
      assert.equal(spec.securityContext.runAsNonRoot, true, name);
      assert.ok(spec.securityContext.runAsUser > 0, name);
      assert.equal(spec.securityContext.seccompProfile.type, 'RuntimeDefault', name);
      for (const shared of ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace'])
        assert.equal(spec[shared] ?? false, false, `${name} ${shared}`);
      for (const volume of spec.volumes) {
        const [type] = Object.keys(volume).filter((key) => key !== 'name');
        assert.ok(
          ['projected', 'emptyDir', 'persistentVolumeClaim'].includes(type),
          `${name}: a volume of type ${type}`,
        );
      }
    });
    eachContainer((container, name) => {
      const { securityContext } = container;
      assert.equal(securityContext.allowPrivilegeEscalation, false, name);
      assert.equal(securityContext.readOnlyRootFilesystem, true, name);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, name);
      assert.equal(securityContext.privileged ?? false, false, name);
      assert.ok(!(container.ports ?? []).some(({ hostPort }) => hostPort), name);
    });
  });

  test(`${environment}: when a pod starts, then nobody gives it a token of the cluster`, () => {
    each(({ spec }, name) => assert.equal(spec.automountServiceAccountToken, false, name));
    const accounts = ofKind(documents, 'ServiceAccount');
    for (const account of accounts) assert.equal(account.automountServiceAccountToken, false, account.metadata.name);
    const known = accounts.map(({ metadata }) => metadata.name);
    each(({ spec }, name) => assert.ok(known.includes(spec.serviceAccountName), name));
  });

  test(`${environment}: when a container runs wild, then processor, memory and disk have a limit`, () => {
    eachContainer(({ resources }, name) => {
      for (const resource of ['cpu', 'memory', 'ephemeral-storage'])
        assert.ok(resources.limits[resource], `${name}: no limit of ${resource}`);
      for (const resource of ['cpu', 'memory'])
        assert.ok(resources.requests[resource], `${name}: no ${resource} requested`);
    });
  });

  test(`${environment}: when an image is pulled, then its name says which one`, () => {
    eachContainer(({ image }, name) => assert.match(image, /(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$/, name));
  });

  test(`${environment}: when the rendered chart is read, then there is nothing secret in it`, () => {
    assert.deepEqual(ofKind(documents, 'Secret'), []);
    const variables = [
      ...ofKind(documents, 'ConfigMap').flatMap(({ data }) => Object.entries(data)),
      ...workloads.flatMap(({ pod }) =>
        pod.spec.containers.flatMap(({ env = [] }) => env.map((one) => [one.name, one.value])),
      ),
    ].filter(([variable]) => /^[A-Z0-9_]+$/.test(variable));
    for (const [variable, value] of variables)
      if (SECRET.test(variable)) assert.match(value, NOT_SECRET, `${variable} is in plain text`);
    for (const { pod } of workloads)
      for (const { env = [] } of pod.spec.containers)
        assert.ok(
          env.every(({ valueFrom }) => !valueFrom?.secretKeyRef),
          'secrets are files, not variables',
        );
  });

  test(`${environment}: when a version is rolled out, then none of the old pods goes before a new one is ready`, () => {
    for (const { spec, metadata } of ofKind(documents, 'Deployment')) {
      assert.deepEqual(spec.strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 }, metadata.name);
      const [container] = spec.template.spec.containers;
      // A new pod has reached its store before an old one goes, by one of the two.
      const paths = [container.startupProbe, container.readinessProbe].map(({ httpGet }) => httpGet.path);
      assert.ok(paths.includes('/health/ready'), metadata.name);
      // A lost database must not get apps restarted.
      assert.equal(container.livenessProbe.httpGet.path, '/health/live', metadata.name);
      // All gateways lose Redis at once, and serve the catalogue without it: they must not be turned away from.
      const readiness = metadata.name === 'api-gateway' ? '/health/live' : '/health/ready';
      assert.equal(container.readinessProbe.httpGet.path, readiness, metadata.name);
    }
  });

  test(`${environment}: when pods are placed, moved or added, then there is a rule for each app`, () => {
    for (const app of APPS) {
      const deployment = ofKind(documents, 'Deployment').find(({ metadata }) => metadata.name === app);
      const selector = deployment.spec.selector.matchLabels;
      const budget = ofKind(documents, 'PodDisruptionBudget').find(({ metadata }) => metadata.name === app);
      assert.deepEqual(budget.spec.selector.matchLabels, selector, app);
      assert.equal(budget.spec.maxUnavailable, 1, app);
      const keys = deployment.spec.template.spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
      assert.deepEqual(keys.sort(), ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'], app);
      const scaler = ofKind(documents, 'HorizontalPodAutoscaler').find(({ metadata }) => metadata.name === app);
      // One who counts: a number of our own would be fought over at each upgrade.
      assert.equal(deployment.spec.replicas === undefined, scaler !== undefined, app);
      assert.ok(environment === 'local' || scaler.spec.minReplicas >= 2, app);
    }
  });

  test(`${environment}: when a service is called, then its name stands for each of its pods`, () => {
    for (const { metadata, spec } of ofKind(documents, 'Service'))
      assert.equal(
        spec.clusterIP === 'None',
        spec.ports.some(({ name }) => name === 'grpc'),
        metadata.name,
      );
  });

  test(`${environment}: when a job is needed before the rollout, then all that it needs is there before it`, () => {
    const weightOf = ({ metadata }) => Number(metadata.annotations?.['helm.sh/hook-weight']);
    for (const job of ofKind(documents, 'Job')) {
      assert.equal(job.metadata.annotations['helm.sh/hook'], 'pre-install,pre-upgrade', job.metadata.name);
      const policy = ofKind(documents, 'NetworkPolicy').find(({ metadata }) => metadata.name === job.metadata.name);
      const account = ofKind(documents, 'ServiceAccount').find(
        ({ metadata }) => metadata.name === job.spec.template.spec.serviceAccountName,
      );
      for (const needed of [policy, account]) assert.ok(weightOf(needed) < weightOf(job), job.metadata.name);
      const certificates = job.spec.template.spec.volumes[0].projected.sources.filter(({ secret }) =>
        /-tls$/.test(secret?.name),
      );
      assert.deepEqual(certificates, [], `${job.metadata.name}: cert-manager has not made them yet`);
    }
  });

  test(`${environment}: when an alert goes off, then it says how urgent it is, and operations.md what to do`, () => {
    const operations = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');
    const rules = ofKind(documents, 'PrometheusRule').flatMap(({ spec }) =>
      spec.groups.flatMap((group) => group.rules),
    );
    const alerts = rules.filter(({ alert }) => alert);
    assert.equal(
      alerts.some(({ alert }) => alert === 'JobOverdue'),
      environment !== 'local',
    );
    for (const { alert, labels, annotations } of alerts) {
      assert.match(labels.severity, /^(page|ticket)$/, alert);
      assert.equal(annotations.runbook_url, `docs/operations.md#${alert.toLowerCase()}`);
      assert.match(operations, new RegExp(`^### ${alert}$`, 'm'));
    }
  });

  test(`${environment}: when a job runs by the clock, then never twice at once and not for ever`, () => {
    for (const { metadata, spec } of ofKind(documents, 'CronJob')) {
      assert.equal(spec.concurrencyPolicy, 'Forbid', metadata.name);
      assert.ok(spec.jobTemplate.spec.activeDeadlineSeconds > 0, metadata.name);
      assert.equal(spec.timeZone, 'Etc/UTC', metadata.name);
    }
  });
}
