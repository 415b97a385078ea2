import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import { BadMessageError, type EventCodec, type EventOf, type IncomingEvent } from './event-codec';
import { isStoreAway } from './errors';
import { ConsumerMeter, type Outcome } from './event-metrics';
import { DEAD_LETTER_EXCHANGE, EXCHANGE } from './exchanges';
import type { Logger } from './logger';
import { runWithContext } from './request-context';
import { traceparentOf } from './trace';

const DELIVERY_LIMIT = 50;
const MAX_PAUSE_MS = 2000;

export interface Subscription<T extends string = string> {
  /** `<app>.<what-it-does>`. */
  readonly queue: string;
  /** Routing keys, with AMQP wildcards. */
  readonly topics: readonly T[];
  /** Messages in hand at once; each counts against its delivery limit when the process is killed. Default 20. */
  readonly prefetch?: number;
  /** A queue of this process alone that goes with it: for caches, which want every event on every replica. */
  readonly exclusive?: boolean;
  /** Resolves: acknowledged. BadMessageError: dead letter. A store that is away: tried again here. Else: redelivered. */
  handle(event: EventOf<T>): Promise<void>;
}

/** One subscription on one connection. The bus makes a new one after each reconnect. */
export class EventConsumer {
  private channel?: ConfirmChannel;
  private consumerTag?: string;
  private stopping = false;
  private readonly inHand = new Set<Promise<void>>();
  private readonly meter: ConsumerMeter;

  constructor(
    private readonly subscription: Subscription,
    private readonly codec: EventCodec,
    private readonly logger: Logger,
  ) {
    this.meter = new ConsumerMeter(subscription.queue);
  }

  /** Declares the queue and its dead letters, and consumes until the channel or the consumer ends; then calls `onLost`. */
  async start(model: ChannelModel, onLost: () => void): Promise<void> {
    const channel = await model.createConfirmChannel();
    this.channel = channel;
    channel.on('error', (error) => this.logger.warn({ err: error, queue: this.subscription.queue }, 'channel failed'));
    // A dead letter that no queue takes: the rebuilt consumer declares that queue again and gets the message again.
    channel.on('return', () => void channel.close().catch(() => undefined));
    try {
      await this.consume(channel);
    } catch (error) {
      await channel.close().catch(() => undefined);
      throw error;
    }
    channel.on('close', () => {
      // Its messages go to others: handlers that still wait with them give up.
      this.channel = undefined;
      if (!this.stopping) onLost();
    });
  }

  private async consume(channel: ConfirmChannel): Promise<void> {
    const queue = await this.declare(channel);
    await channel.prefetch(this.subscription.prefetch ?? 20);
    const { consumerTag } = await channel.consume(queue, (message) => {
      // The broker ends a consumer (queue deleted, node gone) with a null message; without this nobody would notice.
      if (!message) return void channel.close().catch(() => undefined);
      const work = this.meter.measured(() => this.take(channel, message)).finally(() => this.inHand.delete(work));
      this.inHand.add(work);
    });
    this.consumerTag = consumerTag;
  }

  /** Takes no more messages and finishes those in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.channel && this.consumerTag) await this.channel.cancel(this.consumerTag).catch(() => undefined);
    await Promise.allSettled(this.inHand);
  }

  private async declare(channel: ConfirmChannel): Promise<string> {
    const { exclusive, topics } = this.subscription;
    const queue = exclusive ? `${this.subscription.queue}.${randomUUID()}` : this.subscription.queue;
    if (exclusive) await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
    else await this.declareDurable(channel, queue);
    for (const topic of topics) await channel.bindQueue(queue, EXCHANGE, topic);
    return queue;
  }

  private async declareDurable(channel: ConfirmChannel, queue: string): Promise<void> {
    const dead = `${queue}.dead`;
    await channel.assertQueue(dead, {
      durable: true,
      // Operators look and put back as often as they like; RabbitMQ 4 would forget a message after 20 times.
      arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 1_000_000 },
    });
    await channel.bindQueue(dead, DEAD_LETTER_EXCHANGE, queue);
    await channel.assertQueue(queue, {
      durable: true,
      arguments: {
        'x-queue-type': 'quorum',
        'x-delivery-limit': DELIVERY_LIMIT,
        'x-dead-letter-exchange': DEAD_LETTER_EXCHANGE,
        'x-dead-letter-routing-key': queue,
        'x-dead-letter-strategy': 'at-least-once',
        'x-overflow': 'reject-publish',
      },
    });
  }

  private async take(channel: ConfirmChannel, message: ConsumeMessage): Promise<Outcome> {
    try {
      await this.handleUntilStoresAreBack(channel, message);
    } catch (error) {
      return this.settle(() => this.giveBack(channel, message, error));
    }
    return this.settle(() => {
      channel.ack(message);
      return 'done';
    });
  }

  // A channel that has gone takes its messages with it: the broker delivers them again.
  private async settle(answer: () => Outcome | Promise<Outcome>): Promise<Outcome> {
    try {
      return await answer();
    } catch (error) {
      this.logger.warn({ err: error, queue: this.subscription.queue }, 'channel gone; the message will be redelivered');
      return 'repeated';
    }
  }

  // While a store is away the message stays in hand: giving it back would spin through its delivery limit.
  private async handleUntilStoresAreBack(channel: ConfirmChannel, message: ConsumeMessage): Promise<void> {
    const received = await this.codec.decode(message);
    const { requestId } = received;
    const traceparent = traceparentOf(requestId, received.traceparent);
    const event = { ...received, traceparent };
    for (let attempt = 0; ; attempt++) {
      try {
        await runWithContext({ requestId, traceparent }, () => this.handle(event));
        return this.meter.handled(event);
      } catch (error) {
        if (!isStoreAway(error) && (error as { reason?: string }).reason !== 'UNAVAILABLE') throw error;
        if (this.stopping || this.channel !== channel) throw error;
        if (attempt === 0)
          this.logger.warn({ err: error, queue: this.subscription.queue }, 'store away, message waits');
        await pause(Math.min(MAX_PAUSE_MS, 100 * 2 ** attempt));
      }
    }
  }

  private async handle(event: IncomingEvent): Promise<void> {
    const startedAt = performance.now();
    await this.subscription.handle(event);
    const { id: messageId, type: eventType, subject } = event;
    const durationMs = performance.now() - startedAt;
    this.logger.info({ queue: this.subscription.queue, messageId, eventType, subject, durationMs }, 'event handled');
  }

  private async giveBack(channel: ConfirmChannel, message: ConsumeMessage, error: unknown): Promise<Outcome> {
    const { queue, exclusive } = this.subscription;
    if (error instanceof BadMessageError) {
      this.logger.security('bad_message', {
        queue,
        messageId: String(message.properties.messageId),
        reason: error.message,
      });
      // A queue of this process alone has no dead letters: what only concerned its memory is forgotten.
      if (!exclusive) await this.bury(channel, message, error.message);
      channel.ack(message);
      return exclusive ? 'forgotten' : 'dead_lettered';
    }
    const deliveries = Number(message.properties.headers?.['x-delivery-count'] ?? 0);
    this.logger.error(
      { err: error, queue, messageId: String(message.properties.messageId), deliveries },
      'handler failed',
    );
    if (!this.stopping) await pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** deliveries));
    channel.nack(message, false, !exclusive);
    return exclusive ? 'forgotten' : 'repeated';
  }

  // Published and confirmed before the original is acknowledged, so that a crash in between leaves two, never none.
  private async bury(channel: ConfirmChannel, message: ConsumeMessage, reason: string): Promise<void> {
    const headers = {
      ...message.properties.headers,
      'x-failure-reason': reason,
      // Looking at a dead letter counts as a delivery, too.
      'x-attempts': Number(message.properties.headers?.['x-delivery-count'] ?? 0) + 1,
      'x-failed-at': new Date().toISOString(),
    };
    const properties = { ...message.properties, headers, persistent: true, mandatory: true };
    channel.publish(DEAD_LETTER_EXCHANGE, this.subscription.queue, message.content, properties);
    await channel.waitForConfirms();
  }
}
