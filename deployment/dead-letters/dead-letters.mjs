import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { requireFrom } from '../local/workspace.mjs';
import { Failure } from '../local/progress.mjs';

const { connect } = requireFrom('service-kit', 'amqplib');
const { QUEUES } = requireFrom('service-kit', '@shop/service-kit');
const EXCHANGE = 'shop.events';
// What one look takes in hand; whoever has more replays or drops some first.
const MOST = 1000;
// How often the consumers let a message fail.
const DELIVERY_LIMIT = 50;
// Written by the app or the broker that gave it up; a second life begins without.
const NOTES = ['x-failure-reason', 'x-failed-at', 'x-attempts', 'x-death', 'x-delivery-count', 'x-acquired-count'];

/** The messages in all queues of dead letters. Looking takes them in hand; what is not settled goes back on close. */
export class DeadLetters {
  static async open({ RABBITMQ_URL, RABBITMQ_CA_FILE }, queue) {
    if (queue && !QUEUES.includes(queue))
      throw new Failure(`There is no queue ${queue}; there are ${QUEUES.join(', ')}.`);
    const ca = RABBITMQ_CA_FILE ? readFileSync(RABBITMQ_CA_FILE) : undefined;
    const connection = await connect(RABBITMQ_URL, { ca, timeout: 5000 }).catch((error) => {
      throw new Failure(`RabbitMQ does not take us in: ${error.message}`);
    });
    connection.on('error', () => undefined);
    return new DeadLetters(connection, queue ? [queue] : QUEUES);
  }

  #returned = new Set();

  constructor(connection, queues) {
    this.connection = connection;
    this.queues = queues;
  }

  /** Oldest first. */
  async all() {
    const letters = [];
    for (const queue of this.queues) letters.push(...(await this.#lettersOf(queue, MOST - letters.length)));
    return letters.sort((a, b) => a.failedAt - b.failedAt);
  }

  /** One, or the same message given up by several queues. */
  async withId(id) {
    const found = (await this.all()).filter((letter) => letter.id === id);
    if (found.length === 0) throw new Failure(`There is no dead letter ${id}.`);
    return found;
  }

  /** Confirmed by the broker, and taken by a queue, before it is gone from here. */
  async replay({ channel, message, type }) {
    const headers = Object.fromEntries(
      Object.entries(message.properties.headers ?? {}).filter(
        ([name]) => !NOTES.includes(name) && !name.startsWith('x-first-') && !name.startsWith('x-last-'),
      ),
    );
    const lives = Number(headers['x-replays'] ?? 0) + 1;
    const properties = { ...message.properties, headers: { ...headers, 'x-replays': lives } };
    channel.publish(EXCHANGE, type, message.content, { ...properties, persistent: true, mandatory: true });
    await channel.waitForConfirms();
    if (this.#returned.delete(message.properties.messageId))
      throw new Failure(`Nobody listens to ${type}: it stays here.`);
    await this.drop({ channel, message });
  }

  async drop({ channel, message }) {
    channel.ack(message);
    // The broker answers in order: what comes after the acknowledgement has seen it done.
    await channel.checkExchange(EXCHANGE);
  }

  async close() {
    await this.connection.close();
  }

  async #lettersOf(queue, most) {
    const channel = await this.connection.createConfirmChannel();
    channel.on('error', () => undefined);
    channel.on('return', ({ properties }) => this.#returned.add(properties.messageId));
    const letters = [];
    while (letters.length < most) {
      // A queue that no app has made yet has no letters.
      const message = await channel.get(`${queue}.dead`).catch(() => false);
      if (!message) break;
      letters.push(letterOf(queue, message, channel));
    }
    return letters;
  }
}

function letterOf(queue, message, channel) {
  const { messageId, type, headers = {} } = message.properties;
  const death = headers['x-death']?.[0];
  const failedAt = headers['x-failed-at'] ?? (death?.time?.value ?? 0) * 1000;
  return {
    id: messageId ?? createHash('sha256').update(message.content).digest('hex').slice(0, 12),
    queue,
    type: type ?? message.fields.routingKey,
    reason: headers['x-failure-reason'] ?? reasonOf(death),
    failedAt: new Date(failedAt),
    attempts: headers['x-attempts'] ?? (death?.reason === 'delivery_limit' ? `> ${DELIVERY_LIMIT}` : 1),
    replays: Number(headers['x-replays'] ?? 0),
    message,
    channel,
  };
}

function reasonOf(death) {
  if (!death) return 'unknown';
  return death.reason === 'delivery_limit' ? 'its handler failed too often: see the log of the app' : death.reason;
}
