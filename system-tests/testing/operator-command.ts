import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { System } from './system';

const ROOT = join(__dirname, '..', '..');

export interface Ended {
  readonly code: number;
  /** What it printed, on either stream. */
  readonly out: string;
}

interface Place {
  readonly root?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A script of deployment/, as an operator runs it in a clone of this project. */
export function operatorCommand(
  script: string,
  args: readonly string[],
  { root = ROOT, env = process.env }: Place = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const command = [join(root, 'deployment', script), ...args];
    execFile(process.execPath, command, { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out: stdout + stderr });
    });
  });
}

/** `npm run dlq` for one system. */
export function dlq(system: System, ...args: string[]): Promise<Ended> {
  return operatorCommand('dead-letters/dlq.mjs', [...args, '--dir', system.dir]);
}

/** `npm run audit:verify` for one system. */
export function verifyAudit(system: System, ...args: string[]): Promise<Ended> {
  return operatorCommand('local/verify-audit.mjs', [...args, '--dir', system.dir]);
}

/** The head of the audit trail that it prints. */
export async function auditHeadOf(system: System): Promise<string> {
  const { out } = await verifyAudit(system);
  const [, head] = /^head: (\S+)$/m.exec(out) ?? [];
  if (!head) throw new Error(`no head of the audit trail: ${out}`);
  return head;
}
