import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App, System } from './system';

export type LogLine = Readonly<Record<string, unknown>>;

/** What an app has logged so far, in Elastic Common Schema's names. */
export function linesOf(system: System, app: App): LogLine[] {
  return linesIn(textOf(system, `${app}.log`));
}

/** The same of all processes there, those of tests too. */
export function allLinesOf(system: System): LogLine[] {
  return [...logsOf(system).values()].flatMap(linesIn);
}

/** Whatever any process there has written, apps and stores, by file. */
export function logsOf(system: System): Map<string, string> {
  const files = readdirSync(join(system.dir, 'logs')).filter((file) => file.endsWith('.log'));
  return new Map(files.map((file) => [file, textOf(system, file)]));
}

function textOf(system: System, file: string): string {
  return readFileSync(join(system.dir, 'logs', file), 'utf8');
}

// Stores write JSON, too, but in their own names.
function linesIn(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"log.level"'))
    .map((line) => JSON.parse(line) as LogLine);
}
