import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './client';

/** `unknown`: no answer, or one that does not say whether it happened. */
export type Outcome = 'ok' | 'fail' | 'unknown';

export interface Seen {
  /** What was asked, in a few words. */
  readonly what: string;
  readonly outcome: Outcome;
  /** Milliseconds since the history began. */
  readonly at: number;
  readonly tookMs: number;
  readonly answer?: Answer;
  readonly error?: string;
}

/** What a test's clients saw of every operation, in the order of the answers. */
export class History {
  readonly seen: Seen[] = [];

  private readonly begunAt = Date.now();

  async record(what: string, operation: () => Promise<Answer>): Promise<Seen> {
    const at = Date.now() - this.begunAt;
    const result = await operation().then(
      (answer) => ({ answer, outcome: outcomeOf(answer) }),
      (error: Error) => ({ error: describe(error), outcome: 'unknown' as const }),
    );
    const seen = { what, at, tookMs: Date.now() - this.begunAt - at, ...result };
    this.seen.push(seen);
    return seen;
  }

  /** What was done to the system, between what was seen of it. */
  note(what: string): void {
    this.seen.push({ what, outcome: 'ok', at: Date.now() - this.begunAt, tookMs: 0 });
  }

  counts(): Record<Outcome, number> {
    const counts = { ok: 0, fail: 0, unknown: 0 };
    for (const { outcome, answer, error } of this.seen) if (answer || error) counts[outcome]++;
    return counts;
  }

  /** One line of JSON for each operation; answers where the file is. */
  keep(folder: string, name: string): string {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${name}.history.jsonl`);
    writeFileSync(file, this.seen.map((seen) => `${JSON.stringify(shortened(seen))}\n`).join(''));
    return file;
  }
}

// 5xx leaves open whether it happened: the answer may have been lost between two services.
function outcomeOf({ status }: Answer): Outcome {
  if (status < 400) return 'ok';
  return status < 500 ? 'fail' : 'unknown';
}

function describe(error: Error): string {
  const cause = error.cause as { code?: string } | undefined;
  return cause?.code ?? error.name;
}

function shortened({ answer, ...seen }: Seen): object {
  const { id, orderId, code, status } = (answer?.body ?? {}) as Record<string, unknown>;
  return { ...seen, ...(answer ? { status: answer.status, body: { id, orderId, code, status } } : {}) };
}
