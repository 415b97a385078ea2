import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram, run, succeeds } from './commands.mjs';
import { Failure, step, warn } from './progress.mjs';
import { pythonProgram } from './python-programs.mjs';
import { writeWhole } from './secrets.mjs';
import { CIPHERS } from './store-configuration.mjs';
import { withLock } from './lock.mjs';

const IMAGE = 'mongo:7.0';
const DOWNLOADER = 'mongodb-memory-server-core@10.1.4';
const STAND_IN = 'SecantusDB==0.7.0b3';

/**
 * What speaks MongoDB's protocol on this machine, best first; the choice is kept, because the data belongs to it.
 * A program is { kind, command, launch({ data, port, auth, tls, secretFile }) → args, env }; tls is the folder of certificates.
 */
export async function chooseMongodb({ dir, tools }) {
  const note = join(dir, 'data', 'mongodb.kind');
  const kept = existsSync(note) ? readFileSync(note, 'utf8').trim() : undefined;
  const candidates = { mongod, download, docker, secantus };
  for (const [kind, find] of Object.entries(candidates)) {
    if (kept !== undefined && kept !== kind) continue;
    const program = await find(tools);
    if (!program) continue;
    writeFileSync(note, `${kind}\n`);
    return { kind, ...program };
  }
  const start = kept
    ? `The data here belongs to MongoDB by way of "${kept}", which is gone`
    : 'No MongoDB could be found';
  throw new Failure(
    `${start}: install mongod, or name a running one with MONGODB_URI${kept ? ', or use --fresh' : ''}.`,
  );
}

async function mongod() {
  const command = findProgram('mongod', ['/opt/homebrew/bin']);
  return command && serverProgram(command);
}

// mongodb-memory-server knows which build fits this system and fetches the real mongod, where its site can be reached.
async function download(tools) {
  const folder = join(tools, 'mongodb');
  const note = join(folder, 'path');
  if (!existsSync(note)) {
    if (!(await canDownload())) return undefined;
    try {
      await step('downloading MongoDB', () => withLock(`${folder}.lock`, () => downloadMongod(folder, note)));
    } catch (error) {
      warn(`MongoDB could not be downloaded (${error.message.slice(0, 200)}); trying the next way`);
      return undefined;
    }
  }
  return serverProgram(readFileSync(note, 'utf8').trim());
}

async function downloadMongod(folder, note) {
  await run('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--loglevel=error', DOWNLOADER], {
    timeoutMs: 120_000,
  });
  const script = `require('mongodb-memory-server-core/lib/util/MongoBinary').MongoBinary
    .getPath({ version: '7.0.24', downloadDir: ${JSON.stringify(folder)} }).then((path) => console.log('PATH=' + path))`;
  const answer = await run(process.execPath, ['-e', script], { cwd: folder, timeoutMs: 600_000 });
  writeFileSync(note, /PATH=(.+)/.exec(answer)[1]);
}

async function canDownload() {
  try {
    return (
      (await fetch('https://fastdl.mongodb.org/', { method: 'HEAD', signal: AbortSignal.timeout(5_000) })).status < 500
    );
  } catch {
    return false;
  }
}

function serverProgram(command) {
  return {
    command,
    launch: ({ data, port, auth, tls }) => [
      ...['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--wiredTigerCacheSizeGB', '0.25'],
      ...tlsArguments(join(data, pairOf(tls, data)), join(tls, 'ca.crt')),
      ...(auth ? ['--auth'] : []),
    ],
  };
}

/** What makes a mongod answer to TLS alone; its clients are known by name and password. */
export function tlsArguments(pair, authority) {
  const files = ['--tlsCertificateKeyFile', pair, '--tlsCAFile', authority];
  // It would show its own certificate when it calls itself, as a member of a set does; that one is for serving only.
  const asClient = ['--setParameter', 'tlsWithholdClientCertificate=true'];
  const strong = ['--tlsDisabledProtocols', 'TLS1_0,TLS1_1', '--setParameter', `opensslCipherConfig=${CIPHERS}`];
  return ['--tlsMode', 'requireTLS', ...files, ...strong, '--tlsAllowConnectionsWithoutCertificates', ...asClient];
}

// mongod wants certificate and key in one file.
function pairOf(tls, folder) {
  const text = ['crt', 'key'].map((ending) => readFileSync(join(tls, `mongodb.${ending}`), 'utf8')).join('');
  writeWhole(join(folder, 'tls.pem'), text);
  return 'tls.pem';
}

async function docker() {
  const command = findProgram('docker');
  if (!command || !succeeds(command, ['info'], { timeout: 5_000 })) return undefined;
  const pull = () => step(`pulling ${IMAGE}`, () => run(command, ['pull', '--quiet', IMAGE], { timeoutMs: 300_000 }));
  if (!succeeds(command, ['image', 'inspect', IMAGE])) {
    try {
      await pull();
    } catch {
      return undefined;
    }
  }
  const launch = (options) => dockerArguments(options);
  return { command, launch };
}

// One member of a replica set needs a key file that only the server may read.
function dockerArguments({ data, port, secretFile, tls }) {
  const own = (file, name) => `install -m 400 -o mongodb ${file} /tmp/${name}`;
  const server = `mongod --replSet shop --keyFile /tmp/key --bind_ip_all ${tlsArguments('/tmp/tls.pem', '/run/ca.crt').join(' ')}`;
  const begin = [
    own('/run/root-password', 'key'),
    own(`/data/db/${pairOf(tls, data)}`, 'tls.pem'),
    `exec docker-entrypoint.sh ${server}`,
  ].join(' && ');
  const name = `shop-mongodb-${port}`;
  return [
    ...['run', '--rm', '--init', '--name', name, '-p', `127.0.0.1:${port}:27017`],
    ...['-v', `${data}:/data/db`, '-v', `${secretFile}:/run/root-password:ro`],
    ...['-v', `${join(tls, 'ca.crt')}:/run/ca.crt:ro`],
    ...['-e', 'MONGO_INITDB_ROOT_USERNAME=root', '-e', 'MONGO_INITDB_ROOT_PASSWORD_FILE=/run/root-password'],
    ...['--entrypoint', 'bash', IMAGE, '-c', begin],
  ];
}

async function secantus(tools) {
  const { command, args, env } = await pythonProgram({
    requirement: STAND_IN,
    options: ['--pre'],
    what: 'which stands in for MongoDB here',
    folder: join(tools, 'venv'),
    file: fileURLToPath(new URL('./secantusd.py', import.meta.url)),
    variables: 'MONGODB_URI',
  });
  return {
    command,
    env,
    launch: ({ data, port, auth, tls }) => [
      ...args,
      ...['--host', '127.0.0.1', '--port', String(port), '--storage-path', data, '--cache-size', '256M'],
      ...['--tls-cert-file', join(tls, 'mongodb.crt'), '--tls-key-file', join(tls, 'mongodb.key')],
      ...['--sync-on-commit', '--log-level', 'WARNING', ...(auth ? ['--auth'] : [])],
    ],
  };
}
