import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib';
import type { ServiceConfig } from './config';
import type { EventCodec, OutgoingEvent } from './event-codec';
import { EventConsumer, type Subscription } from './event-consumer';
import { countPublished, showConsumers } from './event-metrics';
import { EventPublisher, type PublishResult } from './event-publisher';
import { ensureExchanges } from './exchanges';
import { logConnected } from './log-connected';
import type { Logger } from './logger';

const REBUILD_AFTER_MS = 500;

/**
 * RabbitMQ for one app: confirmed publishing, and subscriptions that are declared again after every reconnect, closed
 * channel or deleted queue. The app starts and runs while the broker is away.
 */
export class EventBus implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private connection?: RecoveringChannelModel;
  private model?: ChannelModel;
  private publisher?: EventPublisher;
  private readonly subscriptions: Subscription[] = [];
  private consumers = new Map<Subscription, EventConsumer>();
  private stopping = false;
  private readonly onConnectListeners: (() => void)[] = [];

  constructor(
    private readonly broker: Pick<ServiceConfig, 'RABBITMQ_URL' | 'RABBITMQ_CA'>,
    private readonly codec: EventCodec,
    private readonly logger: Logger,
  ) {}

  get connected(): boolean {
    return this.publisher !== undefined;
  }

  /** To be called before the app has started: a subscription lives as long as the app. */
  subscribe<T extends string>(subscription: Subscription<T>): void {
    this.subscriptions.push(subscription);
    if (this.model && this.publisher) this.rebuild(this.model, subscription, 0);
  }

  /** Relays use it to go on the moment the broker is back. */
  onConnect(listener: () => void): void {
    this.onConnectListeners.push(listener);
  }

  async onApplicationBootstrap(): Promise<void> {
    showConsumers(this.subscriptions, () => this.model);
    const url = new URL(this.broker.RABBITMQ_URL);
    url.searchParams.set('heartbeat', '10');
    this.connection = await connect(url.toString(), {
      ca: this.broker.RABBITMQ_CA,
      timeout: 5000,
      recovery: {
        initialDelay: 100,
        maxDelay: 1000,
        maxRetries: Infinity,
        waitForConnect: false,
        setup: (model: ChannelModel) => this.setUp(model),
      },
    });
    this.connection.on('error', () => undefined); // Reported once, as 'disconnect'.
    this.connection.on('connect', () => {
      logConnected(this.logger, 'RabbitMQ', this.broker.RABBITMQ_URL);
      for (const listener of this.onConnectListeners) listener();
    });
    this.connection.on('disconnect', (error) => this.lost(error));
    this.connection.on('reconnect-scheduled', ({ attempt, error }) => {
      if (attempt % 20 === 1) this.logger.warn({ err: error, attempt }, 'RabbitMQ is away');
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled([...this.consumers.values()].map((consumer) => consumer.stop()));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection?.close().catch(() => undefined);
  }

  /** In their order; resolves when the broker has answered to each. Never throws: each event has its own result. */
  async publishAll(events: readonly OutgoingEvent[]): Promise<PublishResult[]> {
    const away = { ok: false, error: 'not connected to the broker' };
    const results = (await this.publisher?.publishAll(events)) ?? events.map(({ id }) => ({ id, ...away }));
    for (const [at, { type }] of events.entries()) {
      countPublished({ type, outcome: results[at]?.ok ? 'confirmed' : 'failed' });
    }
    return results;
  }

  private async setUp(model: ChannelModel): Promise<void> {
    model.on('error', () => undefined); // Before the connection counts as made, nobody else listens.
    let lost = false;
    model.on('close', () => (lost = true));
    const channel = await model.createConfirmChannel();
    channel.on('close', () => (lost = true));
    channel.on('error', (error) => this.logger.warn({ err: error }, 'publishing channel failed'));
    const publisher = new EventPublisher(channel, this.codec);
    channel.on('close', () => this.publisherLost(model, publisher));
    await ensureExchanges(model);
    this.model = model;
    // Queues first, so that nothing is missed after 'connect'; one that cannot be declared is tried again by itself.
    for (const subscription of this.subscriptions) await this.startOrRebuild(model, subscription);
    // What was lost while it was being set up is reported to nobody: only a failure here makes amqplib connect again.
    if (lost) {
      this.model = undefined;
      throw new Error('the connection was lost while it was being set up');
    }
    this.publisher = publisher;
  }

  private async startConsumer(model: ChannelModel, subscription: Subscription): Promise<void> {
    if (this.stopping) return;
    const consumer = new EventConsumer(subscription, this.codec, this.logger);
    this.consumers.set(subscription, consumer);
    await consumer.start(model, () => this.rebuild(model, subscription));
  }

  private async startOrRebuild(model: ChannelModel, subscription: Subscription): Promise<void> {
    try {
      await this.startConsumer(model, subscription);
    } catch (error) {
      this.logger.warn({ err: error, queue: subscription.queue }, 'consumer could not be started yet');
      this.rebuild(model, subscription);
    }
  }

  // A channel can be lost while its connection lives: the queue was deleted, an acknowledgement came too late.
  private rebuild(model: ChannelModel, subscription: Subscription, afterMs = REBUILD_AFTER_MS): void {
    setTimeout(() => {
      if (this.stopping || this.model !== model) return;
      void this.startOrRebuild(model, subscription);
    }, afterMs).unref();
  }

  private publisherLost(model: ChannelModel, publisher: EventPublisher): void {
    if (this.publisher !== publisher) return;
    this.publisher = undefined;
    // Only a reconnect makes a publisher; when just its channel failed, the connection goes too.
    void model.close().catch(() => undefined);
  }

  private lost(error: Error): void {
    this.publisher = undefined;
    this.model = undefined;
    if (!this.stopping) this.logger.warn({ err: error }, 'connection to RabbitMQ lost');
  }
}
