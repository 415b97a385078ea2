import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

export interface CommandResult {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `npm run backup` or `npm run restore` to its end, with an environment of its own. */
export async function tryBackupCommand(
  name: 'backup' | 'restore',
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [join(ROOT, 'deployment/backup', `${name}.mjs`), ...args], { cwd: ROOT, env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output };
}

/** As `tryBackupCommand`; answers what it said. @throws Error unless it ended well. */
export async function runBackupCommand(name: 'backup' | 'restore', ...args: string[]): Promise<string> {
  const { code, output } = await tryBackupCommand(name, args);
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${output}`);
  return output;
}
