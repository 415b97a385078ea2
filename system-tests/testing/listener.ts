import { randomUUID } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { brokerOf } from './operator';
import type { System } from './system';

const EXCHANGE = 'shop.events';

/** A queue of an operator that gets every event there is, and outlives the broker's restarts. */
export class Listener {
  private constructor(
    private readonly system: System,
    private readonly queue: string,
  ) {}

  static async to(system: System, topics: readonly string[] = ['#']): Promise<Listener> {
    const queue = `listener.${randomUUID()}`;
    const broker = await brokerOf(system);
    const channel = await broker.createChannel();
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
    for (const topic of topics) await channel.bindQueue(queue, EXCHANGE, topic);
    await broker.close();
    return new Listener(system, queue);
  }

  /** All that has come, and the queue with it is gone. */
  async heard(): Promise<ConsumeMessage['properties'][]> {
    return (await this.messages()).map(({ properties }) => properties);
  }

  /** As heard, with what is sealed in them: enough to send them again. */
  async messages(): Promise<ConsumeMessage[]> {
    const broker = await brokerOf(this.system);
    try {
      const channel = await broker.createChannel();
      const messages: ConsumeMessage[] = [];
      for (let message = await channel.get(this.queue); message; message = await channel.get(this.queue)) {
        messages.push(message as unknown as ConsumeMessage);
        channel.ack(message);
      }
      await channel.deleteQueue(this.queue);
      return messages;
    } finally {
      await broker.close();
    }
  }
}
