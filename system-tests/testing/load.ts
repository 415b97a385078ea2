import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const MOST_CONNECTIONS = 2000;
const GIVEN_UP_AFTER_MS = 10_000;
const CAUGHT_UP_EVERY_MS = 5;

export interface LoadResult {
  /** Answers of 200 that came while the load lasted, per second. */
  readonly goodput: number;
  /** How many answers there were of each status; 0 stands for none. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly slowestMs: number;
}

export interface Target {
  readonly gateway: string;
  /** Of the how many-th request. */
  readonly pathOf: (number: number) => string;
  readonly forMs: number;
}

/** Reads of one kind, with as little work here as can be: it is done by the processors that are measured. */
export class Load {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  private readonly statuses = new Map<number, number>();
  private readonly endsAt: number;
  private asked = 0;
  private slowestMs = 0;
  private goodAnswers = 0;

  private constructor(private readonly target: Target) {
    this.endsAt = performance.now() + target.forMs;
  }

  /** From so many clients, each asking again when it has its answer. */
  static async ofClients(clients: number, target: Target): Promise<LoadResult> {
    const load = new Load(target);
    const client = async (): Promise<void> => {
      while (!load.isOver) await load.ask();
    };
    await Promise.all(Array.from({ length: clients }, client));
    return load.result();
  }

  /** So many a second, whatever becomes of those before. */
  static async atRate(perSecond: number, target: Target): Promise<LoadResult> {
    const load = new Load(target);
    const begunAt = performance.now();
    const asked: Promise<void>[] = [];
    for (; !load.isOver; await delay(CAUGHT_UP_EVERY_MS))
      while (asked.length < ((performance.now() - begunAt) / 1000) * perSecond) asked.push(load.ask());
    await Promise.all(asked);
    return load.result();
  }

  private get isOver(): boolean {
    return performance.now() > this.endsAt;
  }

  private result(): LoadResult {
    this.agent.destroy();
    const { statuses, slowestMs } = this;
    return { goodput: this.goodAnswers / (this.target.forMs / 1000), statuses, slowestMs };
  }

  private async ask(): Promise<void> {
    const sentAt = performance.now();
    const status = await this.statusOf(this.target.pathOf(this.asked++));
    this.slowestMs = Math.max(this.slowestMs, Math.round(performance.now() - sentAt));
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 200 && !this.isOver) this.goodAnswers++;
  }

  private statusOf(path: string): Promise<number> {
    const { agent } = this;
    return new Promise((resolve) => {
      const asked = request(this.target.gateway + path, { agent, timeout: GIVEN_UP_AFTER_MS });
      asked.on('response', (answer: IncomingMessage) =>
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
      );
      asked.on('timeout', () => asked.destroy(new Error('given up')));
      asked.on('error', () => resolve(0));
      asked.end();
    });
  }
}
