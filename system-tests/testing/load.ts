import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const MOST_CONNECTIONS = 1000;
const GIVEN_UP_AFTER_MS = 10_000;

export interface LoadResult {
  /** Answers of 200 that came while the load lasted, per second. */
  readonly goodput: number;
  /** How many answers there were of each status; 0 stands for none. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly slowestMs: number;
}

export interface Target {
  readonly gateway: string;
  readonly path: string;
  readonly accessToken: string;
}

/** One kind of request, again and again. */
export class Load {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  private readonly statuses = new Map<number, number>();
  private slowestMs = 0;
  private goodAnswers = 0;
  private readonly endsAt: number;

  private constructor(
    private readonly target: Target,
    private readonly forMs: number,
  ) {
    this.endsAt = performance.now() + forMs;
  }

  /** From so many clients, each asking again when it has its answer. */
  static async ofClients(clients: number, target: Target, forMs: number): Promise<LoadResult> {
    const load = new Load(target, forMs);
    const client = async (): Promise<void> => {
      while (!load.isOver) await load.ask();
    };
    await Promise.all(Array.from({ length: clients }, client));
    return load.result();
  }

  /** So many a second, whatever becomes of those before. */
  static async atRate(perSecond: number, target: Target, forMs: number): Promise<LoadResult> {
    const load = new Load(target, forMs);
    const begunAt = performance.now();
    const asked: Promise<void>[] = [];
    for (; !load.isOver; await delay(5))
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
    return { goodput: this.goodAnswers / (this.forMs / 1000), statuses, slowestMs };
  }

  private async ask(): Promise<void> {
    const askedAt = performance.now();
    const status = await this.statusOf();
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.slowestMs = Math.max(this.slowestMs, Math.round(performance.now() - askedAt));
    if (status === 200 && !this.isOver) this.goodAnswers++;
  }

  private statusOf(): Promise<number> {
    const { gateway, path, accessToken } = this.target;
    const headers = { authorization: `Bearer ${accessToken}` };
    return new Promise((resolve) => {
      const asked = request(gateway + path, { agent: this.agent, headers, timeout: GIVEN_UP_AFTER_MS });
      const read = (answer: IncomingMessage) => answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      asked.on('response', read);
      asked.on('timeout', () => asked.destroy(new Error('given up')));
      asked.on('error', () => resolve(0));
      asked.end();
    });
  }
}
