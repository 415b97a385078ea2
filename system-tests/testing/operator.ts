import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { type ChannelModel, connect, type Options } from 'amqplib';
import { Redis } from 'ioredis';
import type { System } from './system';

/** The broker, with all that an operator may do. */
export async function brokerOf(system: System): Promise<ChannelModel> {
  const { operatorUrl, caFile } = system.stores().rabbitmq;
  const broker = await connect(operatorUrl, { ca: readFileSync(caFile) });
  // What is asked of it next fails then, which is enough.
  broker.on('error', () => undefined);
  return broker;
}

interface Queue {
  readonly messageCount: number;
  readonly consumerCount: number;
}

/** Of each queue, what is in it and who listens. On a connection of its own: tests kill the broker. @throws where one is missing. */
export async function queuesOf(system: System, names: readonly string[]): Promise<Map<string, Queue>> {
  const broker = await brokerOf(system);
  try {
    const channel = await broker.createChannel();
    channel.on('error', () => undefined);
    const queues = await Promise.all(names.map((name) => channel.checkQueue(name)));
    return new Map(queues.map((queue) => [queue.queue, queue]));
  } finally {
    await broker.close().catch(() => undefined);
  }
}

export interface Message {
  readonly type: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
}

/** Sends them as they are, and waits until the broker has them. */
export async function sendAll(system: System, messages: readonly Message[]): Promise<void> {
  const broker = await brokerOf(system);
  const channel = await broker.createConfirmChannel();
  for (const { type, body, options } of messages)
    channel.publish('shop.events', type, body, { ...options, persistent: true });
  await channel.waitForConfirms();
  await broker.close();
}

/** The broker closes every connection, and lives on. */
export async function closeConnections(system: System): Promise<void> {
  const { program, env } = system.stores().rabbitmq.control;
  await promisify(execFile)(program, ['close_all_connections', 'for a test'], { env, timeout: 60_000 });
}

/** As if its disk were gone: sessions, limits, all of it. */
export async function emptyRedis(system: System): Promise<void> {
  const { host, port, caFile, operator } = system.stores().redis;
  const redis = new Redis({ host, port, tls: { ca: readFileSync(caFile) }, ...operator });
  try {
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}
