import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { Failure } from './progress.mjs';

/** Every port that is listened on, with the variable that changes it. */
const PORTS = {
  gateway: { variable: 'GATEWAY_HTTP_PORT', usual: 3000, owner: 'api-gateway' },
  gatewayMetrics: { variable: 'GATEWAY_METRICS_PORT', usual: 3001, owner: 'api-gateway (metrics)' },
  usersHttp: { variable: 'USERS_HTTP_PORT', usual: 5002, owner: 'users-service' },
  usersGrpc: { variable: 'USERS_GRPC_PORT', usual: 5052, owner: 'users-service' },
  productsHttp: { variable: 'PRODUCTS_HTTP_PORT', usual: 5000, owner: 'products-service' },
  productsGrpc: { variable: 'PRODUCTS_GRPC_PORT', usual: 5050, owner: 'products-service' },
  ordersHttp: { variable: 'ORDERS_HTTP_PORT', usual: 5001, owner: 'orders-service' },
  ordersGrpc: { variable: 'ORDERS_GRPC_PORT', usual: 5051, owner: 'orders-service' },
  redisCommander: { variable: 'REDIS_COMMANDER_PORT', usual: 8081, owner: 'Redis Commander' },
  prometheus: { variable: 'PROMETHEUS_PORT', usual: 9090, owner: 'Prometheus' },
  postgres: { variable: 'POSTGRES_PORT', usual: 55432, owner: 'PostgreSQL' },
  redis: { variable: 'REDIS_PORT', usual: 56379, owner: 'Redis' },
  rabbitmq: { variable: 'RABBITMQ_PORT', usual: 55672, owner: 'RabbitMQ' },
  rabbitmqNode: { variable: 'RABBITMQ_DIST_PORT', usual: 55673, owner: 'RabbitMQ' },
  epmd: { variable: 'RABBITMQ_EPMD_PORT', usual: 55674, owner: "RabbitMQ's name server" },
  mongodb: { variable: 'MONGODB_PORT', usual: 57017, owner: 'MongoDB' },
};

export const USUAL_PORTS = Object.fromEntries(Object.entries(PORTS).map(([name, { usual }]) => [name, usual]));

/** Takes the ports that will be listened on, and fails with a sentence about the first one that is in use. */
export async function choosePorts(names, free) {
  const chosen = {};
  for (const name of names) {
    if (free || isFurther(name)) continue;
    chosen[name] = toPort(process.env[PORTS[name].variable], PORTS[name]);
  }
  refuseTwins(chosen);
  for (const [name, port] of Object.entries(chosen)) if (!(await isFree(port))) throw inUse(name, port);
  for (const name of names) chosen[name] ??= await anyFreePort(Object.values(chosen));
  return chosen;
}

// A further instance of an app, whose port nobody needs to know beforehand.
function isFurther(name) {
  return name.includes('.');
}

export function inUse(name, port) {
  const { owner, variable } = PORTS[name];
  const holder = holderOf(port);
  const what = holder ? `${holder.command} (process ${holder.pid})` : 'another program';
  return new Failure(
    `Port ${port}, which ${owner} needs, is used by ${what}: stop that, or choose another port with ${variable}=<port>.`,
  );
}

function toPort(given, { variable, usual }) {
  if (given === undefined || given === '') return usual;
  const port = Number(given);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Failure(`${variable} is "${given}", which is no port number.`);
}

function refuseTwins(chosen) {
  const seen = new Map();
  for (const [name, port] of Object.entries(chosen)) {
    const twin = seen.get(port);
    if (twin) throw new Failure(`${PORTS[twin].variable} and ${PORTS[name].variable} are both ${port}: change one.`);
    seen.set(port, name);
  }
}

// Below the range from which the kernel takes ports for outgoing connections.
async function anyFreePort(taken) {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function holderOf(port) {
  return existsSync('/proc/net/tcp') ? holderFromProc(port) : holderFromLsof(port);
}

function holderFromProc(port) {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port));
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const descriptors = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (!descriptors.some((target) => inodes.includes(target))) continue;
      return { pid, command: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() };
    } catch {
      continue; // gone, or somebody else's
    }
  }
  return undefined;
}

function listeningInodes(table, port) {
  if (!existsSync(table)) return [];
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync(table, 'utf8').trim().split('\n').slice(1);
  const fields = rows.map((row) => row.trim().split(/\s+/));
  return fields.filter((row) => row[1].endsWith(`:${hexPort}`) && row[3] === '0A').map((row) => `socket:[${row[9]}]`);
}

function holderFromLsof(port) {
  const answer = spawnSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], { encoding: 'utf8' });
  const pid = /^p(\d+)/m.exec(answer.stdout ?? '')?.[1];
  return pid && { pid, command: /^c(.+)/m.exec(answer.stdout)?.[1] ?? 'a program' };
}
