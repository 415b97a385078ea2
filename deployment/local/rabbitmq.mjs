import { mkdirSync, writeFileSync } from 'node:fs';
import { connect as openSocket } from 'node:net';
import { join } from 'node:path';
import { findProgram } from './commands.mjs';
import { writeWhole } from './secrets.mjs';
import { requireFrom } from './workspace.mjs';

// Debian's script on the PATH insists on its own user; the one behind it does not.
const FOLDERS = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin'];
const USER = 'shop';

export const rabbitmqProgram = {
  title: 'RabbitMQ',
  found: () => findProgram('rabbitmq-server', FOLDERS),
  apt: 'rabbitmq-server',
  brew: 'rabbitmq',
  variables: 'RABBITMQ_URL',
};

export async function startRabbitmq({ dir, ports, secrets, supervisor }) {
  const data = join(dir, 'data', 'rabbitmq');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeConfiguration(data, ports.rabbitmq, secrets.rabbitmq);
  const env = environment(data, ports);
  const url = `amqp://${USER}:${secrets.rabbitmq}@127.0.0.1:${ports.rabbitmq}`;
  // Erlang's name server first, or the broker would start one that outlives it and listens everywhere.
  const epmd = findProgram('epmd', ['/usr/lib/erlang/bin', '/opt/homebrew/bin']);
  await supervisor.start({
    name: 'epmd',
    rank: -1,
    command: epmd,
    args: ['-address', '127.0.0.1', '-port', String(ports.epmd)],
    cwd: data,
    env,
    ready: () => answers(ports.epmd),
  });
  await supervisor.start({
    name: 'rabbitmq',
    rank: 0,
    command: rabbitmqProgram.found(),
    args: ['-noinput'],
    cwd: data,
    env,
    timeoutMs: 120_000,
    stopTimeoutMs: 30_000,
    ready: () => connectOnce(url),
  });
  return { url };
}

function writeConfiguration(data, port, password) {
  const lines = [
    'listeners.tcp.1 = 127.0.0.1:' + port,
    // The first user of an empty broker: guest is never made.
    `default_user = ${USER}`,
    `default_pass = ${password}`,
    'default_user_tags.administrator = true',
    'loopback_users.guest = true',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    '',
  ];
  writeWhole(join(data, 'rabbitmq.conf'), lines.join('\n'));
  writeFileSync(join(data, 'enabled_plugins'), '[].\n');
  writeFileSync(join(data, 'rabbitmq-env.conf'), '');
}

function environment(data, ports) {
  return {
    PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin`,
    LANG: 'C.UTF-8',
    HOME: data,
    RABBITMQ_NODENAME: 'shop@localhost',
    RABBITMQ_CONF_ENV_FILE: join(data, 'rabbitmq-env.conf'),
    RABBITMQ_CONFIG_FILE: join(data, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(data, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: data,
    RABBITMQ_LOGS: '-',
    RABBITMQ_DIST_PORT: String(ports.rabbitmqNode),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false',
    // Makes the start script become the server, so that its process id is the server's.
    RABBITMQ_ALLOW_INPUT: 'true',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(ports.epmd),
  };
}

async function connectOnce(url) {
  const { connect } = requireFrom('service-kit', 'amqplib');
  const connection = await connect(url, { timeout: 2_000 });
  await connection.close();
}

function answers(port) {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(socket.destroy()));
    socket.once('error', reject);
  });
}
