import assert from 'node:assert/strict';
import { allContainers, allSecrets, compose, docker, evaluate } from './docker.mjs';
import { printedLogins } from './shop.mjs';

const VOLUMES_OF_JOBS = {
  'migrate-users': ['of-users-owner', 'of-users-service'],
  'migrate-products': ['of-products-owner', 'of-products-service'],
  'migrate-orders': ['of-orders-owner', 'of-orders-service'],
  'seed-admin': ['of-admin', 'of-users-service'],
  'seed-catalog': ['of-products-service'],
};

/** No secret's value may be where an operator, a log collector or a registry sees it. */
export async function checkSecrets() {
  const { admin } = await printedLogins();
  const secrets = [...Object.values(await allSecrets()), admin.password];
  assert.ok(secrets.length > 10 && secrets.every((secret) => secret.length >= 24));
  const containers = await allContainers();
  const images = [...new Set(containers.map(({ Image }) => Image))];
  const places = {
    'docker inspect': JSON.stringify(containers),
    'docker compose config': await compose('config'),
    'docker compose logs': await compose('logs', '--no-color'),
    'image history': (await Promise.all(images.map((id) => docker('history', '--no-trunc', id)))).join('\n'),
    processes: (await Promise.all(running(containers).map(({ Id }) => docker('top', Id, '-eo', 'pid,args')))).join(
      '\n',
    ),
  };
  for (const [place, text] of Object.entries(places)) {
    assert.ok(text.length > 100, place);
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret is in ${place}`);
  }
  checkVolumes(containers);
}

// Whose database or broker it is may be seen by whoever owns it, never by the app that only works in it.
const OF_NO_APP =
  /^(postgres-.*-(owner|backup|superuser)|mongodb-(root|backup|key-file|products-owner)|.*-(operator|viewer)|redis-commander|admin)$/;
const OF_SEVERAL = /^(jwt-service|event-.*)$/;

/** What lies in the apps' containers: nothing of the operator's, and nothing but keys of messages twice. */
export async function checkShares(apps) {
  const secrets = Object.entries(await allSecrets());
  const script = `
    const { readdirSync, readFileSync } = require('node:fs');
    console.log(JSON.stringify(readdirSync('/run/secrets').map((name) => readFileSync('/run/secrets/' + name, 'utf8'))));`;
  const holders = {};
  for (const app of apps) {
    const text = JSON.parse(await evaluate(app, script)).join('\n');
    for (const [name, secret] of secrets) if (text.includes(secret)) (holders[name] ??= []).push(app);
  }
  assert.ok(Object.keys(holders).length > 15);
  for (const [name, found] of Object.entries(holders)) {
    assert.doesNotMatch(name, OF_NO_APP, `${found} knows ${name}`);
    if (!OF_SEVERAL.test(name)) assert.equal(found.length, 1, `${found} know ${name}`);
  }
}

// Redis Commander's own start script turns its password into an argument; nobody but root sees the processes of another container.
function running(containers) {
  return containers.filter(({ Config, State }) => State.Running && !/redis-commander/.test(Config.Image));
}

// A service sees the volume with its own secrets; the one that has them all is the init service's alone.
function checkVolumes(containers) {
  for (const { Config, Mounts } of containers) {
    const service = Config.Labels['com.docker.compose.service'];
    const volumes = Mounts.map(({ Name }) => Name?.replace(/^[^_]+_/, '')).filter((name) =>
      /^(of-|secrets)/.test(name),
    );
    if (service !== 'init') assert.deepEqual(volumes.sort(), VOLUMES_OF_JOBS[service] ?? [`of-${service}`], service);
  }
}
