import assert from 'node:assert/strict';
import { allContainers, docker, evaluate, runningContainers } from './docker.mjs';

const PUBLISHED = { 'api-gateway': '3000/tcp', 'redis-commander': '8081/tcp' };
const STARTED_ANEW =
  /^(users-service|products-service|orders-service|api-gateway|postgres-.*|mongodb|redis|rabbitmq|redis-commander)$/;

/** What every container, one-shots included, must look like to the engine and to the kernel. */
export async function checkContainers() {
  for (const container of await allContainers()) checkSettings(container);
  const running = await runningContainers();
  assert.equal(Object.keys(running).length, 10);
  for (const [service, container] of Object.entries(running)) {
    checkPorts(service, container);
    assert.equal(container.State.Health?.Status, 'healthy', service);
    await checkProcesses(service, container);
  }
  for (const app of Object.keys(running).filter((name) => /service|gateway/.test(name))) await checkRoot(app);
}

function checkSettings({ Config, HostConfig }) {
  const service = Config.Labels['com.docker.compose.service'];
  assert.ok(Config.User && !/^(0|root)\b/.test(Config.User), `${service} has the user "${Config.User}"`);
  assert.equal(HostConfig.ReadonlyRootfs, true, service);
  assert.equal(HostConfig.Privileged, false, service);
  assert.deepEqual(HostConfig.CapDrop, ['ALL'], service);
  assert.equal(HostConfig.CapAdd, null, service);
  assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges:true'], service);
  for (const limit of ['Memory', 'NanoCpus', 'PidsLimit']) assert.ok(HostConfig[limit] > 0, `${service}: ${limit}`);
  const policy = STARTED_ANEW.test(service) ? 'unless-stopped' : 'no';
  assert.equal(HostConfig.RestartPolicy.Name, policy, service);
}

function checkPorts(service, { NetworkSettings }) {
  const published = Object.entries(NetworkSettings.Ports).filter(([, hosts]) => hosts?.length);
  const expected = PUBLISHED[service] ? [PUBLISHED[service]] : [];
  assert.deepEqual(
    published.map(([port]) => port),
    expected,
    service,
  );
  for (const [, hosts] of published) for (const { HostIp } of hosts) assert.equal(HostIp, '127.0.0.1', service);
}

// Not what was asked for but what came of it: the user of each process, as the machine sees it.
async function checkProcesses(service, { Id }) {
  const [, ...users] = (await docker('top', Id, '-eo', 'uid,pid')).trim().split('\n');
  for (const line of users) assert.notEqual(line.trim().split(/\s+/)[0], '0', `${service} has a process of root`);
}

async function checkRoot(app) {
  const script = `
    const { readFileSync, writeFileSync } = require('node:fs');
    const attempt = (file) => { try { writeFileSync(file, ''); return 'written'; } catch (error) { return error.code; } };
    const capabilities = /CapEff:\\s*(\\w+)/.exec(readFileSync('/proc/1/status', 'utf8'))[1];
    const command = readFileSync('/proc/1/cmdline', 'utf8').split('\\0')[0];
    console.log([attempt('/app/x'), attempt('/run/secrets/x'), attempt('/tmp/x'), Number('0x' + capabilities), command].join(' '));`;
  assert.equal(await evaluate(app, script), 'EROFS EROFS written 0 /nodejs/bin/node', app);
}
