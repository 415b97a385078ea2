import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { connect as openSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { APPS } from './apps.mjs';
import { tlsFilesOf } from './certificates.mjs';
import { findProgram } from './commands.mjs';
import { writeWhole } from './secrets.mjs';
import { brokerDefinitions, brokerSecretOf } from './store-access.mjs';
import { brokerConfiguration } from './store-configuration.mjs';
import { requireFrom } from './workspace.mjs';

// Debian's script on the PATH insists on its own user; the one behind it does not.
const FOLDERS = ['/usr/lib/rabbitmq/bin', '/opt/homebrew/opt/rabbitmq/sbin', '/usr/local/opt/rabbitmq/sbin'];

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
  const tls = tlsFilesOf(dir, 'rabbitmq');
  writeConfiguration(data, tls, ports.rabbitmq);
  writeWhole(join(data, 'definitions.json'), brokerDefinitions(secrets));
  const env = environment(data, ports);
  const urlOf = (user, password) => `amqps://${user}:${password}@127.0.0.1:${ports.rabbitmq}`;
  const operatorUrl = urlOf('operator', secrets['rabbitmq-operator']);
  const caFile = tls.authority;
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
    ready: () => connectOnce(operatorUrl, caFile),
  });
  const urls = Object.fromEntries(APPS.map((app) => [app, urlOf(app, secrets[brokerSecretOf(app)])]));
  return { operatorUrl, urls, caFile, control: control(env) };
}

/** How RabbitMQ's own command line reaches this broker. */
function control({ HOME, PATH, LANG, RABBITMQ_NODENAME, ERL_EPMD_PORT }) {
  const program = join(dirname(realpathSync(rabbitmqProgram.found())), 'rabbitmqctl');
  return { program, env: { HOME, PATH, LANG, RABBITMQ_NODENAME, ERL_EPMD_PORT } };
}

function writeConfiguration(data, tls, port) {
  const definitions = join(data, 'definitions.json');
  const lines = brokerConfiguration({ listener: `127.0.0.1:${port}`, tls, definitions });
  writeWhole(join(data, 'rabbitmq.conf'), [...lines, 'log.file = false', ''].join('\n'));
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

async function connectOnce(url, caFile) {
  const { connect } = requireFrom('service-kit', 'amqplib');
  const connection = await connect(url, { timeout: 2_000, ca: readFileSync(caFile) });
  await connection.close();
}

function answers(port) {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(socket.destroy()));
    socket.once('error', reject);
  });
}
