import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Client } from './client';

const LOOK_EVERY_MS = 200;

/** What stands before the gateways: asks each whether it is ready, and goes to another one when a connection is refused. */
export class LoadBalancer {
  private readonly ready = new Set<string>();
  private isOn = true;
  private turn = 0;
  private readonly work: Promise<void>[];

  constructor(private readonly gateways: readonly string[]) {
    this.work = gateways.map((gateway) => this.watch(gateway));
  }

  async call(client: Client, ...request: Parameters<Client['call']>): Promise<Answer> {
    const first = this.turn++;
    for (let attempt = 0; ; attempt++) {
      const candidates = this.ready.size > 0 ? [...this.ready] : this.gateways;
      const gateway = candidates[(first + attempt) % candidates.length] ?? '';
      try {
        return await client.at(gateway).call(...request);
      } catch (error) {
        if (!isRefused(error) || attempt > this.gateways.length) throw error;
        this.ready.delete(gateway);
      }
    }
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await Promise.all(this.work);
  }

  private async watch(gateway: string): Promise<void> {
    for (; this.isOn; await delay(LOOK_EVERY_MS)) {
      const isReady = await fetch(`${gateway}/health/ready`).then(
        async (answer) => (await answer.arrayBuffer()) && answer.ok,
        () => false,
      );
      if (isReady) this.ready.add(gateway);
      else this.ready.delete(gateway);
    }
  }
}

function isRefused(error: unknown): boolean {
  return ((error as Error).cause as { code?: string } | undefined)?.code === 'ECONNREFUSED';
}
