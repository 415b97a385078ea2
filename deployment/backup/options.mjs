import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from './refusal.mjs';

const BACKUP_HELP = `npm run backup -- [options]        writes one file with users, orders, products and sessions, while everything runs

  --verify <file>   read a backup to its end and check it, instead of making one
  --dir <folder>    the shop of "npm start -- --dir <folder>" instead of .local
  --help            this text

Variables: docs/operations.md, "Backups".`;

const RESTORE_HELP = `npm run restore -- <file> [options]        brings a backup back, while no app runs

  --replace                 throw away what is in the stores; without it, they must be empty
  --sessions                bring sessions back, too: also those that were ended since
  --payments-since <time>   bring nothing back, only ask the payment provider again what it did since a backup
  --dir <folder>            the shop of "npm start -- --dir <folder>" instead of .local
  --ports free              start that shop's stores on free ports
  --help                    this text

Variables: docs/operations.md, "Restore".`;

export function backupOptions(argv) {
  const { values } = parse(argv, BACKUP_HELP, {
    verify: { type: 'string' },
    dir: { type: 'string', default: '.local' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  return { ...values, dir: resolve(values.dir), helpText: BACKUP_HELP };
}

export function restoreOptions(argv) {
  const { values, positionals } = parse(argv, RESTORE_HELP, {
    replace: { type: 'boolean', default: false },
    'payments-since': { type: 'string' },
    sessions: { type: 'boolean', default: false },
    dir: { type: 'string', default: '.local' },
    ports: { type: 'string', default: 'fixed' },
    help: { type: 'boolean', short: 'h', default: false },
  });
  const paymentsSince = values['payments-since'];
  if (!values.help && positionals.length !== (paymentsSince ? 0 : 1))
    throw new Refusal(`Which backup?\n\n${RESTORE_HELP}`);
  return { ...values, dir: resolve(values.dir), file: positionals[0], paymentsSince, helpText: RESTORE_HELP };
}

function parse(args, help, options) {
  try {
    return parseArgs({ args, options, allowPositionals: help === RESTORE_HELP });
  } catch (error) {
    throw new Refusal(`${error.message}\n\n${help}`);
  }
}
