import { pino } from 'pino';

const LINES_AT_MOST = 100;
const PATIENCE_MS = 100;

/** Writes one line, as said at that time (epoch milliseconds), by calling `write` of the batch. */
type Writer = (saidAt: number) => void;

/**
 * Lines for stdout, written many at a time: between two requests a line costs twice as much as right after another, and
 * a system call each was a fifth of a cached answer. What waits is written at the exit, whatever the cause but a SIGKILL.
 */
export class LogBatch {
  private static stdout?: LogBatch;

  private waiting: { readonly write: Writer; readonly saidAt: number }[] = [];
  private text = '';
  private timer?: NodeJS.Timeout;

  /** The one of this process: whoever says something there says it in the order of all. */
  static ofStdout(): LogBatch {
    return (this.stdout ??= new LogBatch());
  }

  private readonly bytes: { write(bytes: Buffer): void };

  private constructor() {
    // Registered first, and so called first: what is written then is still taken along by sonic-boom.
    for (const end of ['beforeExit', 'exit']) process.on(end, () => this.flush());
    // Given text, sonic-boom counts the bytes of all that waits again with each piece; its types know text only.
    this.bytes = pino.destination({ dest: 1, sync: false, contentMode: 'buffer' }) as never;
  }

  add(write: Writer): void {
    this.waiting.push({ write, saidAt: Date.now() });
    if (this.waiting.length >= LINES_AT_MOST) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), PATIENCE_MS).unref();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.waiting;
    if (lines.length === 0) return;
    this.waiting = [];
    for (const { write, saidAt } of lines) write(saidAt);
    this.bytes.write(Buffer.from(this.text));
    this.text = '';
  }

  /** For pino, which writes here while the batch is flushed. */
  write(line: string): void {
    this.text += line;
  }
}
