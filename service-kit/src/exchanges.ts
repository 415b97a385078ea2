import type { ChannelModel } from 'amqplib';

export const EXCHANGE = 'shop.events';
export const DEAD_LETTER_EXCHANGE = 'shop.dead-letters';

/** Makes what is missing. Where the broker's own set-up has made them, an app need not be allowed to. */
export async function ensureExchanges(model: ChannelModel): Promise<void> {
  for (const name of [EXCHANGE, DEAD_LETTER_EXCHANGE]) if (!(await isThere(model, name))) await declare(model, name);
}

// The broker answers "no" by closing the channel.
async function isThere(model: ChannelModel, name: string): Promise<boolean> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  try {
    await channel.checkExchange(name);
    await channel.close();
    return true;
  } catch {
    return false;
  }
}

async function declare(model: ChannelModel, name: string): Promise<void> {
  const channel = await model.createChannel();
  channel.on('error', () => undefined);
  await channel.assertExchange(name, 'topic', { durable: true });
  await channel.close();
}
