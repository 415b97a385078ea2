import { type Client, type Exchange, exchange } from './client';
import { Repeating } from './repeating';

const LOOK_EVERY_MS = 200;

/**
 * What stands before the gateways: asks each whether it is ready, and goes to another one when a connection is refused. One
 * that repeats reads does so as well when a connection breaks, as nginx and Envoy can be told to.
 */
export class LoadBalancer {
  private readonly ready = new Set<string>();
  private turn = 0;
  private readonly work: Repeating;

  constructor(
    private readonly gateways: readonly string[],
    private readonly options: { readonly repeatsReads?: boolean } = {},
  ) {
    this.work = new Repeating(
      LOOK_EVERY_MS,
      gateways.map((gateway) => () => this.lookAt(gateway)),
    );
  }

  /** The same client, whose calls go through here. */
  before(client: Client): Client {
    const through = (path: string, request: RequestInit) => this.exchange(path, request);
    return Object.assign(Object.create(client) as Client, { exchange: through });
  }

  stop(): Promise<void> {
    return this.work.stop();
  }

  private async exchange(path: string, request: RequestInit): Promise<Exchange> {
    const first = this.turn++;
    for (let attempt = 0; ; attempt++) {
      const candidates = this.ready.size > 0 ? [...this.ready] : this.gateways;
      const gateway = candidates[(first + attempt) % candidates.length] ?? '';
      try {
        return await exchange(gateway, path, request);
      } catch (error) {
        if (!this.mayGoElsewhere(request, error) || attempt > this.gateways.length) throw error;
        this.ready.delete(gateway);
      }
    }
  }

  private mayGoElsewhere({ method }: RequestInit, error: unknown): boolean {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code === 'ECONNREFUSED') return true;
    const isRead = method === 'GET' && this.options.repeatsReads === true;
    return isRead && (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET');
  }

  private async lookAt(gateway: string): Promise<void> {
    const isReady = await fetch(`${gateway}/health/ready`).then(
      async (answer) => (await answer.arrayBuffer()) && answer.ok,
      () => false,
    );
    if (isReady) this.ready.add(gateway);
    else this.ready.delete(gateway);
  }
}
