#!/usr/bin/env node
// What `npm run dlq` runs: docs/operations.md says when.
import { parseArgs } from 'node:util';
import { Failure, reportFailure } from '../local/progress.mjs';
import { AuditTrail } from './audit-trail.mjs';
import { DeadLetters } from './dead-letters.mjs';
import { settingsFrom } from './settings.mjs';
import { shown, tableOf } from './view.mjs';

const HELP = `npm run dlq -- <command> [options]      messages that no app could use

  list              what there is, oldest first: id, queue, kind, age, attempts, reason
  show <id>         all that is known of one; its data is sealed and stays so
  replay <id>       sends it once more to whoever listens to its kind, and removes it here
  replay --all      all of them (--queue limits it to one queue)
  drop <id>         removes it for good

  --queue <name>    of this queue only
  --dir <folder>    of the npm start that keeps its files there, instead of .local

Away from npm start, RABBITMQ_URL (an operator's), RABBITMQ_CA_FILE, USERS_GRPC_URL, TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE (a
certificate for "operator") and JWT_SERVICE_SECRET say where the system is. What is replayed or dropped is in the audit trail first,
with your name: OPERATOR, or whom this machine knows you as.`;

const flags = {
  all: { type: 'boolean', default: false },
  queue: { type: 'string' },
  dir: { type: 'string', default: '.local' },
  help: { type: 'boolean', short: 'h', default: false },
};

try {
  await main();
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}

async function main() {
  const { values, positionals } = parse();
  const [command, id] = positionals;
  if (values.help || !command) return console.log(HELP);
  const work = { list, show, replay, drop }[command];
  if (!work) throw new Failure(`${command} is no command.\n\n${HELP}`);
  if (!id && command !== 'list' && !(command === 'replay' && values.all)) throw new Failure(`${command} needs an id.`);
  const settings = settingsFrom(values.dir);
  const letters = await DeadLetters.open(settings, values.queue);
  try {
    await work(letters, { id, settings });
  } finally {
    await letters.close();
  }
}

function parse() {
  try {
    return parseArgs({ options: flags, allowPositionals: true });
  } catch (error) {
    throw new Failure(`${error.message}\n\n${HELP}`);
  }
}

async function list(letters) {
  const all = await letters.all();
  console.log(all.length > 0 ? tableOf(all) : 'No dead letters.');
}

async function show(letters, { id }) {
  for (const letter of await letters.withId(id)) console.log(shown(letter));
}

async function replay(letters, { id, settings }) {
  const chosen = id ? await letters.withId(id) : await letters.all();
  const trail = AuditTrail.open(settings);
  try {
    for (const letter of chosen) {
      await trail.record('dead_letter.replayed', letter);
      await letters.replay(letter);
      console.log(`replayed ${letter.type} ${letter.id} from ${letter.queue}`);
    }
  } finally {
    trail.close();
  }
  if (chosen.length === 0) console.log('No dead letters.');
}

async function drop(letters, { id, settings }) {
  const trail = AuditTrail.open(settings);
  try {
    for (const letter of await letters.withId(id)) {
      await trail.record('dead_letter.dropped', letter);
      await letters.drop(letter);
      console.log(`dropped ${letter.type} ${letter.id} from ${letter.queue}`);
    }
  } finally {
    trail.close();
  }
}
