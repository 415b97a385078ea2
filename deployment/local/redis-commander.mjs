import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.mjs';
import { withLock } from './lock.mjs';
import { step, warn } from './progress.mjs';

const PACKAGE = 'redis-commander@0.9.0';

/** Redis Commander lives outside the workspace: it would drag old packages in. The shop runs without it, too. */
export async function installRedisCommander(tools) {
  const folder = join(tools, 'redis-commander');
  const program = join(folder, 'node_modules', 'redis-commander', 'bin', 'redis-commander.js');
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const install = () => existsSync(program) || run('npm', [...args, PACKAGE], { cwd: '/', timeoutMs: 300_000 });
  try {
    if (!existsSync(program)) await step(`installing ${PACKAGE}`, () => withLock(`${folder}.lock`, install));
    return program;
  } catch (error) {
    warn(`Redis Commander is left out: ${error.message}`);
    return undefined;
  }
}

export async function startRedisCommander(program, { dir, ports, secrets, stores, supervisor }) {
  const { host, port, tls, caFile, viewer } = stores.redis;
  await supervisor.start({
    name: 'redis-commander',
    rank: 1,
    command: process.execPath,
    args: [program, '--address', '127.0.0.1', '--port', String(ports.redisCommander), '--nosave'],
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      REDIS_HOST: host,
      REDIS_PORT: String(port),
      REDIS_USERNAME: viewer.username ?? '',
      REDIS_PASSWORD: viewer.password ?? '',
      ...(tls ? { REDIS_TLS: 'true' } : {}),
      ...(caFile ? { NODE_EXTRA_CA_CERTS: caFile } : {}),
      HTTP_USER: 'admin',
      HTTP_PASSWORD: secrets['redis-commander'],
    },
    stopTimeoutMs: 3_000,
    ready: () => asksForALogin(ports.redisCommander),
  });
}

async function asksForALogin(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(3_000), redirect: 'manual' });
  await answer.arrayBuffer();
}
