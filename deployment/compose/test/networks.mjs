import assert from 'node:assert/strict';
import { docker, evaluate, PROJECT, runningContainers } from './docker.mjs';

const PORT_OF = { 'postgres-users': 5432, 'postgres-orders': 5432, mongodb: 27017, redis: 6379, rabbitmq: 5671 };
const PUBLISHED = ['api-gateway', 'redis-commander'];
const REACHES = {
  'users-service': ['postgres-users', 'rabbitmq'],
  'products-service': ['mongodb', 'rabbitmq'],
  'orders-service': ['postgres-orders', 'rabbitmq'],
  'api-gateway': ['redis', 'rabbitmq'],
};

/** From inside each app: which stores take a connection, by name and by every address that they have. */
export async function checkNetworks() {
  const containers = await runningContainers();
  for (const [app, allowed] of Object.entries(REACHES)) {
    const targets = Object.keys(PORT_OF).flatMap((store) => targetsOf(store, containers[store]));
    const open = JSON.parse(await evaluate(app, connectAll(targets)));
    const stores = [...new Set(open)].sort();
    assert.deepEqual(stores, [...allowed].sort(), app);
  }
  await checkWayOut(containers);
}

function targetsOf(store, { NetworkSettings }) {
  const addresses = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress);
  return [store, ...addresses].map((host) => ({ store, host, port: PORT_OF[store] }));
}

function connectAll(targets) {
  return `
    const { connect } = require('node:net');
    const attempt = ({ store, host, port }) => new Promise((resolve) => {
      const socket = connect({ host, port, timeout: 2000 }, () => resolve(store));
      socket.on('error', () => resolve()).on('timeout', () => resolve(socket.destroy() && undefined));
    });
    Promise.all(${JSON.stringify(targets)}.map(attempt)).then((open) => {
      console.log(JSON.stringify(open.filter(Boolean)));
      process.exit(0);
    });`;
}

// Only what is published is in a network that leads outside; a way out would be an attacker's too.
async function checkWayOut(containers) {
  for (const [service, { NetworkSettings }] of Object.entries(containers)) {
    const networks = JSON.parse(await docker('network', 'inspect', ...Object.keys(NetworkSettings.Networks)));
    const leadOutside = networks.filter(({ Internal }) => !Internal).map(({ Name }) => Name);
    assert.deepEqual(leadOutside, PUBLISHED.includes(service) ? [`${PROJECT}_edge`] : [], service);
  }
}
