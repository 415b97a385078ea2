import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from './progress.mjs';
import { root } from './workspace.mjs';

const MOST_REPLICAS = 9;

export const HELP = `npm start -- [options]        runs the whole shop on this machine

  --fresh               throw away the data, the secrets and the certificates first (asks on a terminal)
  --yes                 do not ask
  --dir <folder>        keep data, secrets and logs there instead of .local
  --ports free          choose free ports, so that several shops can run side by side
  --stores-only         start the databases and the broker, but no app
  --replicas <n>        run so many of each app (default 1); all but the first of each listen on free ports
  --observe             run Prometheus beside it, with its rules and alerts
  --no-redis-commander  leave Redis Commander out
  --no-build            use dist/ as it is
  --help                this text

Variables: .env.example names them all; a root .env file is read.`;

const flags = {
  fresh: { type: 'boolean', default: false },
  yes: { type: 'boolean', short: 'y', default: false },
  dir: { type: 'string', default: '.local' },
  ports: { type: 'string', default: 'fixed' },
  replicas: { type: 'string', default: '1' },
  'stores-only': { type: 'boolean', default: false },
  observe: { type: 'boolean', default: false },
  'no-redis-commander': { type: 'boolean', default: false },
  'no-build': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

export function parseOptions(argv) {
  const values = parse(argv);
  if (!['fixed', 'free'].includes(values.ports)) throw new Failure('--ports is either "fixed" or "free".');
  return {
    fresh: values.fresh,
    yes: values.yes,
    dir: resolve(root, values.dir),
    freePorts: values.ports === 'free',
    replicas: toReplicas(values.replicas),
    storesOnly: values['stores-only'],
    observe: values.observe && !values['stores-only'],
    redisCommander: !values['no-redis-commander'] && !values['stores-only'],
    build: !values['no-build'] && !values['stores-only'],
    help: values.help,
  };
}

function toReplicas(given) {
  const replicas = Number(given);
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= MOST_REPLICAS) return replicas;
  throw new Failure(`--replicas is a number from 1 to ${MOST_REPLICAS}, not "${given}".`);
}

function parse(argv) {
  try {
    return parseArgs({ args: argv, options: flags, allowPositionals: false }).values;
  } catch (error) {
    throw new Failure(`${error.message}\n\n${HELP}`);
  }
}
