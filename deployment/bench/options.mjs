import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure } from '../local/progress.mjs';
import { root } from '../local/workspace.mjs';
import { SCENARIOS } from './scenarios.mjs';

const NAMES = SCENARIOS.map(({ name }) => name);

export const HELP = `npm run bench -- [options]     measures the built shop on scratch stores, beside bare servers in the same run

  --requests <n>   cached reads to measure (10000); slower requests take a fixed share of it
  --only <name>    one of ${NAMES.join(', ')}; may be given again
  --observability  instead of all that: what metrics, logs and traces cost where people browse
  --json <file>    write the figures there instead of .local/bench/latest.json
  --no-build       use dist/ as it is
  --help           this text`;

export function parseOptions(argv) {
  const values = parse(argv);
  const requests = Number(values.requests);
  if (!Number.isInteger(requests) || requests < 100) throw new Failure('--requests is a whole number from 100 on.');
  const unknown = values.only.find((name) => !NAMES.includes(name));
  if (unknown) throw new Failure(`--only ${unknown}: there are ${NAMES.join(', ')}.`);
  return {
    requests,
    scenarios: SCENARIOS.filter(({ name }) => values.only.length === 0 || values.only.includes(name)),
    json: values.json ? resolve(values.json) : join(root, '.local', 'bench', 'latest.json'),
    observability: values.observability,
    build: !values['no-build'],
    help: values.help,
  };
}

function parse(argv) {
  const options = {
    requests: { type: 'string', default: '10000' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    observability: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  };
  try {
    return parseArgs({ args: argv, options, allowPositionals: false }).values;
  } catch (error) {
    throw new Failure(`${error.message}\n\n${HELP}`);
  }
}
