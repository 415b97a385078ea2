import { existsSync, readFileSync } from 'node:fs';
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
  await supervisor.start({
    name: 'redis-commander',
    rank: 1,
    command: process.execPath,
    args: [program, '--address', '127.0.0.1', '--port', String(ports.redisCommander), '--nosave'],
    cwd: dir,
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      // Its arguments would show the password to everybody on this machine.
      NODE_CONFIG: JSON.stringify({ connections: [connectionTo(stores.redis)] }),
      READ_ONLY: 'true',
      HTTP_USER: 'admin',
      HTTP_PASSWORD: secrets['redis-commander'],
    },
    stopTimeoutMs: 3_000,
    ready: () => asksForALogin(ports.redisCommander),
  });
}

function connectionTo({ host, port, tls, caFile, viewer }) {
  const server = { label: 'shop', host, port: String(port), dbIndex: 0, connectionName: 'redis-commander' };
  const login = { username: viewer.username ?? '', password: viewer.password ?? '' };
  return { ...server, ...login, ...(tls ? { tls: { ...(caFile ? { ca: readFileSync(caFile, 'utf8') } : {}) } } : {}) };
}

async function asksForALogin(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(3_000), redirect: 'manual' });
  await answer.arrayBuffer();
}
