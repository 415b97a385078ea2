import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
  /** How often each event is sent, at any moment within so many milliseconds: not in the order in which they came about. */
  readonly copies: number;
  readonly withinMs: number;
}

const AGAIN_AFTER_MS = 250;

/** Sends events as Stripe does: signed, at least once, in any order, and again until they are taken. */
export class StripeWebhooks {
  target?: WebhookTarget;
  /** How often an answer of each status came. */
  readonly answers: Record<string, number> = {};
  private readonly underWay = new Set<Promise<void>>();
  private stopped = false;

  constructor(private readonly random: () => number) {}

  send(type: string, object: object): void {
    const { target } = this;
    if (!target) return;
    const event = { id: `evt_${randomBytes(12).toString('hex')}`, object: 'event', type, data: { object } };
    const payload = JSON.stringify({ ...event, created: Math.floor(Date.now() / 1000), livemode: false });
    for (let copy = 0; copy < target.copies; copy++) {
      const sending = this.deliver(payload, target).finally(() => this.underWay.delete(sending));
      this.underWay.add(sending);
    }
  }

  /** When every event has been taken. */
  async drained(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** How many have not been taken yet. */
  get left(): number {
    return this.underWay.size;
  }

  stop(): void {
    this.stopped = true;
  }

  private async deliver(payload: string, { url, secret, withinMs }: WebhookTarget): Promise<void> {
    await delay(this.random() * withinMs);
    while (!this.stopped) {
      const status = await post(url, payload, signatureOf(payload, secret));
      this.answers[status] = (this.answers[status] ?? 0) + 1;
      if (status === '200') return;
      await delay(AGAIN_AFTER_MS);
    }
  }
}

export function signatureOf(payload: string, secret: string, at = Math.floor(Date.now() / 1000)): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${payload}`).digest('hex')}`;
}

async function post(url: string, body: string, signature: string): Promise<string> {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature };
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) });
    await answer.arrayBuffer();
    return String(answer.status);
  } catch {
    return 'none';
  }
}
