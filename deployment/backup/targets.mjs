import { APPS } from '../local/apps.mjs';
import { connectBroker, purge, queuesOf } from './broker.mjs';
import { ALL_COLLECTIONS, connectMongodb, isEmptyMongodb } from './mongodb.mjs';
import { PostgresTarget } from './postgres-import.mjs';
import { connectRedis } from './redis.mjs';
import { Refusal } from './refusal.mjs';

/** The stores that a backup is brought back into. */
export class Targets {
  #open = [];

  static async open(addresses) {
    const targets = new Targets();
    try {
      await targets.#connect(addresses);
      return targets;
    } catch (error) {
      await targets.close();
      throw error;
    }
  }

  async #connect({ orders, users, mongodb, redis, rabbitmq }) {
    const opened = (resource, close) => {
      this.#open.push(close);
      return resource;
    };
    this.databases = {};
    for (const [name, url] of Object.entries({ orders, users })) {
      const target = await PostgresTarget.open(name, url);
      this.databases[name] = opened(target, () => target.close());
    }
    const { client, database } = await connectMongodb(mongodb);
    this.products = opened(database, () => client.close());
    const sessions = await connectRedis(redis);
    this.redis = opened(sessions, async () => sessions.disconnect());
    const broker = await connectBroker(rabbitmq);
    this.broker = opened(broker, () => broker.close());
  }

  async close() {
    for (const close of this.#open.reverse()) await close().catch(() => undefined);
  }

  /** @throws Refusal while an app is connected to a store: it would write into the middle of everything. */
  async refuseWhileAppsRun() {
    const { orders, users } = this.databases;
    const queues = await queuesOf(this.broker);
    const consumers = queues.filter((queue) => queue.consumers > 0).map(({ name }) => name.split('.')[0]);
    const apps = new Set([...consumers, ...(await orders.apps(APPS)), ...(await users.apps(APPS))]);
    if (apps.size > 0) throw new Refusal(`Apps are connected to the stores: ${[...apps].join(', ')}. Stop them first.`);
  }

  /** @throws Refusal when there is something that a restore would throw away. */
  async refuseUnlessEmpty() {
    const { orders, users } = this.databases;
    const messages = (await queuesOf(this.broker)).reduce((sum, queue) => sum + queue.messages, 0);
    const filled = {
      'PostgreSQL (orders)': !(await orders.isEmpty()),
      'PostgreSQL (users)': !(await users.isEmpty()),
      MongoDB: !(await isEmptyMongodb(this.products)),
      Redis: (await this.redis.dbsize()) > 0,
      [`RabbitMQ (${messages} messages)`]: messages > 0,
    };
    const names = Object.keys(filled).filter((name) => filled[name]);
    if (names.length === 0) return;
    throw new Refusal(
      `There is something in: ${names.join(', ')}. A restore throws it away; when that is what you want, add --replace.`,
    );
  }

  /** Everything but the databases, which are emptied in the transaction that fills them. */
  async empty() {
    for (const name of ALL_COLLECTIONS) await this.products.collection(name).deleteMany({});
    await this.redis.flushdb();
    await purge(this.broker, await queuesOf(this.broker));
  }
}
