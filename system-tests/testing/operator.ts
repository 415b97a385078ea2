import { readFileSync } from 'node:fs';
import { type ChannelModel, connect } from 'amqplib';
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
