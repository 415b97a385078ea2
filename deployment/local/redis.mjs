import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram } from './commands.mjs';
import { writeWhole } from './secrets.mjs';

const FOLDERS = ['/opt/homebrew/bin', '/usr/local/bin'];

export const redisProgram = {
  title: 'Redis',
  found: () => findProgram('redis-server', FOLDERS),
  apt: 'redis-server',
  brew: 'redis',
  variables: 'REDIS_HOST, REDIS_PORT and REDIS_PASSWORD',
};

export async function startRedis({ dir, ports, secrets, supervisor }) {
  const data = join(dir, 'data', 'redis');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const configuration = join(data, 'redis.conf');
  const password = secrets.redis;
  writeWhole(configuration, lines(data, ports.redis, password).join('\n'));
  await supervisor.start({
    name: 'redis',
    rank: 0,
    command: redisProgram.found(),
    args: [configuration],
    cwd: data,
    env: { PATH: process.env.PATH },
    ready: () => ping(ports.redis, password),
  });
  return { host: '127.0.0.1', port: ports.redis, password };
}

function lines(data, port, password) {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${data}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    'daemonize no',
    '',
  ];
}

function ping(port, password) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1_000 });
    let answer = '';
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      answer += chunk;
      if (answer.includes('+PONG')) resolve();
      if (answer.includes('+PONG') || answer.includes('-')) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('Redis is not ready')));
  });
}
