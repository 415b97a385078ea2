import { readFileSync } from 'node:fs';
import { requireFrom } from '../local/workspace.mjs';
import { reach } from './refusal.mjs';

/** The durable queues of the apps; each has its dead letters. What is in them belongs to the orders of another time. */
export const QUEUES = [
  'api-gateway.follow-account-changes',
  'orders-service.anonymise-orders',
  'orders-service.continue-order',
  'orders-service.fail-order',
  'products-service.commit-stock',
  'products-service.release-stock',
  'products-service.reserve-stock',
];

export function connectBroker({ url, caFile }) {
  const { connect } = requireFrom('service-kit', 'amqplib');
  return reach('RabbitMQ', async () => {
    const connection = await connect(url, { timeout: 5_000, ...(caFile ? { ca: [readFileSync(caFile)] } : {}) });
    connection.on('error', () => undefined);
    return connection;
  });
}

/** The queues that are there, with the messages that wait in them and the consumers that are connected. */
export async function queuesOf(connection) {
  const found = [];
  for (const name of QUEUES.flatMap((queue) => [queue, `${queue}.dead`])) {
    const queue = await onChannel(connection, (channel) => channel.checkQueue(name)).catch(ignoreMissing);
    if (queue) found.push({ name, messages: queue.messageCount, consumers: queue.consumerCount });
  }
  return found;
}

export async function purge(connection, queues) {
  for (const { name } of queues) await onChannel(connection, (channel) => channel.purgeQueue(name));
}

// A queue that is not there costs the channel.
async function onChannel(connection, work) {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    return await work(channel);
  } finally {
    await channel.close().catch(() => undefined);
  }
}

function ignoreMissing(error) {
  if (error.code === 404) return undefined;
  throw error;
}
