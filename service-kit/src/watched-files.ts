import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from './logger';

interface Options<T> {
  /** Path by the variable that names it. */
  readonly files: Readonly<Record<string, string>>;
  /** What the contents mean, in the order of the files. Throws when they cannot be used. */
  readonly understand: (...contents: Buffer[]) => T;
  readonly everyMs: number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * What some files say together, read again every so often while somebody listens. Contents that cannot be used are logged
 * once, and what there was before stays in use.
 */
export class WatchedFiles<T> {
  private readonly listeners = new Set<(value: T) => void>();
  private value?: T;
  private seen = '';
  private timer?: NodeJS.Timeout;

  constructor(private readonly options: Options<T>) {}

  /** @throws when the files have never been of use. */
  current(): T {
    if (this.value === undefined) {
      const contents = this.read();
      this.value = this.options.understand(...contents);
      this.seen = digestOf(contents);
    }
    return this.value;
  }

  /** The listener hears in a moment what there is, and from then on what comes. */
  listen(listener: (value: T) => void): void {
    if (this.listeners.size === 0) this.start();
    this.listeners.add(listener);
    process.nextTick(() => this.listeners.has(listener) && listener(this.current()));
  }

  ignore(listener: (value: T) => void): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) clearInterval(this.timer);
  }

  // Contents are looked at, not events of the file system: those differ between a renamed file, one that is written in place
  // and Kubernetes' swapped link, and one that got lost would be noticed when the certificate has run out.
  private start(): void {
    this.current();
    this.look();
    this.timer = setInterval(() => this.look(), this.options.everyMs).unref();
  }

  private look(): void {
    const { logger, files, understand } = this.options;
    const contents = this.tryToRead();
    const seen = contents instanceof Error ? contents.message : digestOf(contents);
    if (seen === this.seen) return;
    this.seen = seen;
    try {
      if (contents instanceof Error) throw contents;
      this.value = understand(...contents);
    } catch (error) {
      return logger.warn(
        { err: error, files: Object.values(files) },
        'changed files cannot be used, what they said before stays in use',
      );
    }
    logger.info({ files: Object.values(files) }, 'files have changed, and what they say now is in use');
    for (const listener of this.listeners) listener(this.value);
  }

  private tryToRead(): Buffer[] | Error {
    try {
      return this.read();
    } catch (error) {
      return error as Error;
    }
  }

  private read(): Buffer[] {
    return Object.entries(this.options.files).map(([variable, file]) => {
      try {
        return readFileSync(file);
      } catch (error) {
        throw new Error(`${variable} names ${file}, which cannot be read`, { cause: error });
      }
    });
  }
}

function digestOf(contents: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const each of contents) hash.update(`${each.length} `).update(each);
  return hash.digest('base64');
}
