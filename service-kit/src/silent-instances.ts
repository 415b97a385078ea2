import { status as Grpc } from '@grpc/grpc-js';

const CALLS_WITHOUT_ANSWER = 3;
const PASSED_OVER_FOR_MS = 2000;
// A call that was given up earlier, because another instance had answered, says nothing.
const GIVEN_UP_AFTER_MS = 400;

interface Silence {
  calls: number;
  /** In performance.now()'s milliseconds. */
  passedOverUntil: number;
}

export interface EndedCall {
  readonly code: Grpc;
  readonly isAnswered: boolean;
  readonly tookMs: number;
}

/** Which instances have not answered lately though their connections stand: a stopped process keeps them. */
export class SilentInstances<Instance extends object> {
  private readonly silences = new WeakMap<Instance, Silence>();

  /** True while it is silent, but for one call every two seconds, whose answer would end that. */
  passesOver(instance: Instance): boolean {
    const silence = this.silences.get(instance);
    if (!silence || silence.calls < CALLS_WITHOUT_ANSWER) return false;
    const now = performance.now();
    if (now < silence.passedOverUntil) return true;
    silence.passedOverUntil = now + PASSED_OVER_FOR_MS;
    return false;
  }

  ended(instance: Instance, { code, isAnswered, tookMs }: EndedCall): void {
    if (isAnswered) this.silences.delete(instance);
    else if (code === Grpc.DEADLINE_EXCEEDED || (code === Grpc.CANCELLED && tookMs >= GIVEN_UP_AFTER_MS)) {
      const calls = (this.silences.get(instance)?.calls ?? 0) + 1;
      this.silences.set(instance, { calls, passedOverUntil: performance.now() + PASSED_OVER_FOR_MS });
    }
  }
}
