import { parseArgs } from 'node:util';
import { loadConfig, withDatabase } from '@shop/service-kit';
import { type Head, type Verdict, verifyTrail } from './audit/verify-trail';
import { UsersConfig } from './config';
import { usersDatabase } from './database';

const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/;

verify()
  .then((verdict) => {
    process.stdout.write(reportOf(verdict));
    process.exitCode = verdict.fault ? 1 : 0;
  })
  .catch((error: unknown) => {
    process.stderr.write(`could not look: ${error instanceof Error ? error.message : 'unknown error'}\n`);
    process.exitCode = 2;
  });

async function verify(): Promise<Verdict> {
  const { values } = parseArgs({ options: { head: { type: 'string' } } });
  const noted = values.head === undefined ? undefined : headFrom(values.head);
  return withDatabase(usersDatabase(loadConfig(UsersConfig)), (database) => verifyTrail(database, noted));
}

function headFrom(text: string): Head {
  const [, sequence, hash] = HEAD.exec(text) ?? [];
  if (!sequence || !hash) throw new Error('--head is what this program has printed: <number>:<64 hexadecimal digits>');
  return { sequence: Number(sequence), hash };
}

function reportOf({ head, fault }: Verdict): string {
  if (fault) {
    const { sequence, id, problem } = fault;
    return `The audit trail is broken: record ${sequence}${id ? ` (${id})` : ''} ${problem}.\n`;
  }
  if (head.sequence === 0) return 'The audit trail is empty.\n';
  return `The audit trail is whole: ${head.sequence} records, each as it was written.\nhead: ${head.sequence}:${head.hash}\n`;
}
