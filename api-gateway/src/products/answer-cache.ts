import { performance } from 'node:perf_hooks';
import type { types } from '@shop/proto';

export const MAX_AGE_MS = 1000;
const MOST_BYTES = 16 * 1024 * 1024;
const BYTES_PER_ENTRY = 300;

/** An answer as it goes over the wire. */
export interface ReadyAnswer {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Of lists. */
  readonly page?: types.PageInfo;
}

interface Timed<T> {
  readonly answer: T;
  /** An answer's age counts from the question: the service may have read it at any time since. */
  readonly askedAt: number;
}

/** Answers by key, none older than a second; whoever asks while one is being loaded waits for the same load. */
export class AnswerCache {
  // A Map keeps the order of insertion, so its first entry is the one not used for longest.
  private readonly kept = new Map<string, Timed<ReadyAnswer>>();
  private readonly loading = new Map<string, Timed<Promise<ReadyAnswer>>>();
  private bytes = 0;

  constructor(private readonly mostBytes = MOST_BYTES) {}

  async get(key: string, load: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    const kept = this.kept.get(key);
    if (isFresh(kept)) {
      this.kept.delete(key);
      this.kept.set(key, kept);
      return kept.answer;
    }
    const loading = this.loading.get(key);
    return isFresh(loading) ? loading.answer : this.load(key, load);
  }

  /** What is being loaded now may have been read before the change, so it is not kept either. */
  drop(key: string): void {
    this.forget(key);
    this.loading.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.loading.clear();
    this.bytes = 0;
  }

  private async load(key: string, load: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    const mine = { answer: load(), askedAt: performance.now() };
    this.loading.set(key, mine);
    try {
      const answer = await mine.answer;
      if (this.loading.get(key) === mine) this.keep(key, { ...mine, answer });
      return answer;
    } finally {
      if (this.loading.get(key) === mine) this.loading.delete(key);
    }
  }

  private keep(key: string, entry: Timed<ReadyAnswer>): void {
    this.forget(key);
    this.kept.set(key, entry);
    this.bytes += sizeOf(key, entry);
    for (const oldest of this.kept.keys()) {
      if (this.bytes <= this.mostBytes) return;
      this.forget(oldest);
    }
  }

  private forget(key: string): void {
    const entry = this.kept.get(key);
    if (entry) this.bytes -= sizeOf(key, entry);
    this.kept.delete(key);
  }
}

function isFresh<T>(entry: Timed<T> | undefined): entry is Timed<T> {
  return entry !== undefined && performance.now() - entry.askedAt < MAX_AGE_MS;
}

function sizeOf(key: string, { answer }: Timed<ReadyAnswer>): number {
  return key.length + answer.bytes.length + BYTES_PER_ENTRY;
}
