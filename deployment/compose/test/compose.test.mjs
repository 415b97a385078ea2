// npm run test:compose: the whole of docker-compose.yml on a real engine, as somebody sees it who types the README's commands.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { compose, docker, PORTS, PROJECT, runningContainers } from './docker.mjs';
import { buyAsTheReadmeSays, getOrder, logIn, printedLogins } from './shop.mjs';
import { checkBackups } from './backups.mjs';
import { checkDeadLetters } from './dead-letters.mjs';
import { checkContainers } from './hardening.mjs';
import { checkNetworks } from './networks.mjs';
import { checkCommander } from './redis-commander.mjs';
import { checkSecrets, checkShares } from './secrecy.mjs';
import { checkStores } from './stores.mjs';

const APPS = ['users-service', 'products-service', 'orders-service', 'api-gateway'];
let bought;

before(() => compose('down', '--volumes', '--remove-orphans'));
after(() => compose('--profile', '*', 'down', '--volumes', '--remove-orphans'));

test('when it is started with nothing prepared, then the README’s lines buy something', async () => {
  await compose('up', '--build', '--detach', '--wait');
  bought = await buyAsTheReadmeSays();
  assert.equal(bought.order.status, 'confirmed');
});

test('when the logins are asked for, then the admin and Redis Commander take them and nothing else', async () => {
  const logins = await printedLogins();
  assert.equal((await logIn(logins.admin.email, logins.admin.password)).status, 200);
  await checkCommander(logins.commander);
});

test(
  'when the containers are looked at, then none is root, may write to its root, has a capability or no limits',
  checkContainers,
);

test('when an app looks for the stores, then it reaches its own and no other', checkNetworks);

test('when secrets are looked for in environments, commands, images and logs, then there are none', checkSecrets);

test('when an app looks for what it was given, then it has nothing of owners, operators or other apps', () =>
  checkShares(APPS));

test('when the tools are started, then clients of this machine come in, over TLS, as far as their rights go', async () => {
  await compose('--profile', 'tools', 'up', '--detach', '--wait', 'tools');
  await checkStores();
  await compose('--profile', 'tools', 'rm', '--stop', '--force', 'tools');
  await assert.rejects(opens(PORTS.POSTGRES_PORT), /ECONNREFUSED/);
});

test(
  'when a message is of no use, then an operator finds it, throws it away, and the audit trail says who',
  checkDeadLetters,
);

test('when the apps are stopped, then each leaves with exit code 0', async () => {
  await compose('stop', ...APPS);
  const states = (await compose('ps', '--all', '--format', '{{.Service}} {{.ExitCode}}', ...APPS)).trim().split('\n');
  assert.deepEqual(states.sort(), APPS.map((name) => `${name} 0`).sort());
});

test('when it goes down and up, then the order and the session are still there', async () => {
  await compose('down');
  await compose('up', '--detach', '--wait');
  const answer = await getOrder(bought.order.id, bought.token);
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).status, 'confirmed');
  assert.equal((await buyAsTheReadmeSays()).order.status, 'confirmed');
});

test('when a backup is brought back, then the shop is as it was', () => checkBackups(APPS, bought));

test('when a container of an app is killed, then it comes back by itself', async () => {
  const { 'orders-service': container } = await runningContainers();
  process.kill(container.State.Pid, 'SIGKILL');
  await compose('up', '--detach', '--wait');
  const { 'orders-service': again } = await runningContainers();
  assert.notEqual(again.State.Pid, container.State.Pid);
  assert.equal(again.Id, container.Id);
});

test('when an app comes back at another address, then the gateway finds it there within seconds', async () => {
  const { accessToken: token } = await (await logIn(bought.email, bought.password)).json();
  const before = await addressOf('orders-service');
  await compose('rm', '--stop', '--force', 'orders-service');
  const placeholder = ['run', '--detach', '--rm', '--no-deps', 'orders-service', '-e', 'setTimeout(() => {}, 600_000)'];
  const inItsPlace = (await compose(...placeholder)).trim().split('\n').at(-1);
  await compose('up', '--detach', '--wait');
  assert.notEqual(await addressOf('orders-service'), before);
  const deadline = Date.now() + 15_000;
  while ((await getOrder(bought.order.id, token)).status !== 200) {
    assert.ok(Date.now() < deadline, 'still away');
    await delay(100);
  }
  await docker('rm', '--force', inItsPlace);
});

test('when it goes down with its volumes and up again, then the shop is a new one', async () => {
  const { admin } = await printedLogins();
  await compose('down', '--volumes');
  await compose('up', '--detach', '--wait');
  assert.equal((await logIn(bought.email, bought.password)).status, 401);
  assert.equal((await logIn(admin.email, admin.password)).status, 401);
  assert.equal((await buyAsTheReadmeSays()).order.status, 'confirmed');
});

async function addressOf(service) {
  const { [service]: container } = await runningContainers();
  return container.NetworkSettings.Networks[`${PROJECT}_internal`].IPAddress;
}

function opens(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) }, () => resolve(socket.destroy()));
    socket.on('error', reject);
  });
}
