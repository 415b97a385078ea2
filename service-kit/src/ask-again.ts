import { type ServiceError, status as Grpc } from '@grpc/grpc-js';

const ASK_AGAIN_AFTER_MS = 500;
const MOST_TOKENS = 200;
const TOKENS_PER_ANSWER = 0.1;

/** A question under way. */
export interface Asked {
  readonly answer: Promise<unknown>;
  cancel(): void;
}

/** What bounds the questions that are asked twice, so that a callee that is late is not given twice the work. */
export class RetryBudget {
  private tokens = MOST_TOKENS;

  constructor(private readonly onTake: () => void = () => undefined) {}

  take(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    this.onTake();
    return true;
  }

  answered(): void {
    this.tokens = Math.min(MOST_TOKENS, this.tokens + TOKENS_PER_ANSWER);
  }
}

export interface Others {
  readonly budget: RetryBudget;
  /** Whether somebody else could answer. */
  areThere(): boolean;
}

/**
 * Asks again when the first instance is unavailable or late, and takes the first answer: a read must not fail because one
 * of several instances hangs.
 */
export function askAgainWhenLate(ask: () => Asked, others: Others): Promise<unknown> {
  const { budget } = others;
  return new Promise((resolve, reject) => {
    const asked: Asked[] = [];
    let waitingFor = 0;
    const askMore = (times: number) => {
      while (times-- > 0 && (asked.length === 0 || budget.take())) {
        waitingFor += 1;
        asked.push(ask());
        asked.at(-1)?.answer.then(succeed, fail);
      }
    };
    // Round robin takes two at once to two instances, of which at most one is the one that is late.
    const timer = setTimeout(() => others.areThere() && askMore(2), ASK_AGAIN_AFTER_MS);
    const end = () => {
      clearTimeout(timer);
      for (const each of asked) each.cancel();
    };
    const succeed = (answer: unknown) => {
      budget.answered();
      resolve(answer);
      end();
    };
    const fail = (error: ServiceError) => {
      waitingFor -= 1;
      const mayBeElsewhere = error.code === Grpc.UNAVAILABLE;
      if (mayBeElsewhere && asked.length === 1) {
        clearTimeout(timer);
        askMore(1);
      }
      if (mayBeElsewhere && waitingFor > 0) return;
      reject(error);
      end();
    };
    askMore(1);
  });
}
