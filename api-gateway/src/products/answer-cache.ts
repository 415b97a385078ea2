import type { types } from '@shop/proto';
import { LRUCache } from 'lru-cache';

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

interface Options {
  readonly maxSize?: number;
  readonly counted?: (outcome: 'hit' | 'miss' | 'joined') => void;
}

/** Answers by key, none older than a second; whoever asks while one is being loaded waits for the same load. */
export class AnswerCache {
  private readonly loading = new Map<string, { answer: Promise<ReadyAnswer>; askedAt: number }>();
  private readonly kept: LRUCache<string, ReadyAnswer>;
  private readonly counted: NonNullable<Options['counted']>;

  constructor({ maxSize = MOST_BYTES, counted = () => undefined }: Options = {}) {
    this.counted = counted;
    this.kept = new LRUCache({
      ttl: MAX_AGE_MS,
      ttlResolution: 0,
      maxSize,
      sizeCalculation: ({ bytes }, key) => key.length + bytes.length + BYTES_PER_ENTRY,
    });
  }

  async get(key: string, load: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    const kept = this.kept.get(key);
    if (kept) {
      this.counted('hit');
      return kept;
    }
    const loading = this.loading.get(key);
    const isRecent = loading && performance.now() - loading.askedAt < MAX_AGE_MS;
    this.counted(isRecent ? 'joined' : 'miss');
    return isRecent ? loading.answer : this.load(key, load);
  }

  /** What is being loaded now may have been read before the change, so it is not kept either. */
  drop(key: string): void {
    this.kept.delete(key);
    this.loading.delete(key);
  }

  clear(): void {
    this.kept.clear();
    this.loading.clear();
  }

  private async load(key: string, load: () => Promise<ReadyAnswer>): Promise<ReadyAnswer> {
    const mine = { answer: load(), askedAt: performance.now() };
    this.loading.set(key, mine);
    try {
      const answer = await mine.answer;
      // Its age counts from the question: the service may have read it at any time since.
      if (this.loading.get(key) === mine) this.kept.set(key, answer, { start: mine.askedAt });
      return answer;
    } finally {
      if (this.loading.get(key) === mine) this.loading.delete(key);
    }
  }
}
