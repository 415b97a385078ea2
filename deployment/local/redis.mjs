import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { tlsFilesOf } from './certificates.mjs';
import { findProgram } from './commands.mjs';
import { writeWhole } from './secrets.mjs';
import { redisUsers } from './store-access.mjs';
import { redisConfiguration } from './store-configuration.mjs';

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
  const tls = tlsFilesOf(dir, 'redis');
  const lines = redisConfiguration({ port: ports.redis, data, tls, users: redisUsers(secrets) });
  writeWhole(configuration, [...lines, 'bind 127.0.0.1', 'daemonize no', ''].join('\n'));
  const caFile = tls.authority;
  const operator = { username: 'operator', password: secrets['redis-operator'] };
  await supervisor.start({
    name: 'redis',
    rank: 0,
    command: redisProgram.found(),
    args: [configuration],
    cwd: data,
    env: { PATH: process.env.PATH },
    ready: () => ping({ port: ports.redis, ca: readFileSync(caFile) }, operator),
  });
  return {
    host: '127.0.0.1',
    port: ports.redis,
    tls: true,
    caFile,
    username: 'gateway',
    password: secrets['redis-gateway'],
    viewer: { username: 'commander', password: secrets['redis-viewer'] },
    operator,
  };
}

function ping(server, { username, password }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', timeout: 1_000, ...server });
    let answer = '';
    socket.on('secureConnect', () => socket.write(`AUTH ${username} ${password}\r\nPING\r\n`));
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
