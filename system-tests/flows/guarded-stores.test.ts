import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as openTcp } from 'node:net';
import { connect as openTls, type ConnectionOptions } from 'node:tls';
import { type Channel, type ChannelModel, connect } from 'amqplib';
import { Redis } from 'ioredis';
import { createConnection } from 'mongoose';
import { DataSource } from 'typeorm';
import { type StoreAddresses, System } from '../testing/system';

const system = System.shared();
let stores: StoreAddresses;
let ca: Buffer;

beforeAll(() => {
  stores = system.stores();
  ca = readFileSync(system.state().tls.ca);
});

describe('every store', () => {
  test.each(['postgres', 'redis', 'rabbitmq', 'mongodb'] as const)(
    'when %s is spoken to in plaintext, then it answers nothing of use',
    async (store) => {
      const { port } = system.state().stores[store];
      expect(await plaintextAnswer(store, port)).not.toMatch(/AuthenticationSASL|PONG|AMQP.*server|isWritablePrimary/);
    },
  );

  test.each(['redis', 'rabbitmq', 'mongodb'] as const)(
    'when %s shows its certificate, then the authority of the shop vouches for it, and it is good for nothing but serving',
    async (store) => {
      const { port } = system.state().stores[store];
      const usage = await new Promise((resolve, reject) => {
        const socket = openTls({ host: '127.0.0.1', port, ca }, () => {
          resolve(socket.getPeerX509Certificate()?.keyUsage);
          socket.destroy();
        }).on('error', reject);
      });
      expect(usage).toEqual(['1.3.6.1.5.5.7.3.1']);
    },
  );
});

describe('TLS that is not of today', () => {
  // What stands in for MongoDB where there is none takes CBC.
  test.each(['postgres', 'redis', 'rabbitmq'] as const)(
    'when a client of %s has no authenticated cipher, or no version from 1.2 on, then there is no connection',
    async (store) => {
      const { port } = system.state().stores[store];
      const modern = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' } as const;
      expect(await handshake(store, port, modern)).toBe('TLSv1.2');
      expect(await handshake(store, port, {})).toBe('TLSv1.3');
      const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' } as const;
      expect(await handshake(store, port, cbc)).toMatch(/alert|handshake|ECONNRESET/i);
      const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
      expect(await handshake(store, port, old)).toMatch(/alert|version|ECONNRESET/i);
    },
  );
});

describe('PostgreSQL', () => {
  test('when an app asks for TLS by another authority, then it does not connect', async () => {
    const url = new URL(stores.postgres.usersUrl);
    url.searchParams.delete('sslrootcert');
    await expect(ask(url.toString(), 'SELECT 1')).rejects.toThrow(/certificate/);
  });

  test('when a connection is not encrypted, then the server refuses it', async () => {
    const url = new URL(stores.postgres.usersUrl);
    url.search = '';
    await expect(ask(url.toString(), 'SELECT 1')).rejects.toThrow(/no encryption|pg_hba/);
  });

  test('when an app wants to change tables or see the database of another, then it may not', async () => {
    const { usersUrl } = stores.postgres;
    await expect(ask(usersUrl, 'SELECT count(*) FROM users')).resolves.toHaveLength(1);
    await expect(ask(usersUrl, 'CREATE TABLE mine (id int)')).rejects.toThrow(/permission denied/);
    await expect(ask(usersUrl, 'ALTER TABLE users ADD COLUMN mine int')).rejects.toThrow(/must be owner/);
    await expect(ask(usersUrl, 'TRUNCATE users')).rejects.toThrow(/permission denied/);
    const foreign = new URL(usersUrl);
    foreign.pathname = '/orders';
    await expect(ask(foreign.toString(), 'SELECT 1')).rejects.toThrow(/permission denied/);
  });

  test('when the account for backups writes, then it may not', async () => {
    await expect(ask(stores.postgres.usersBackupUrl, 'DELETE FROM users')).rejects.toThrow(/permission denied/);
  });
});

describe('MongoDB', () => {
  test('when products-service wants more than to work with documents, then it may not', async () => {
    const connection = await createConnection(stores.mongodb.uri).asPromise();
    try {
      await expect(connection.collection('products').findOne({})).resolves.toBeTruthy();
      await expect(connection.collection('products').drop()).rejects.toThrow(/not authorized/);
      await expect(connection.createCollection('mine')).rejects.toThrow(/not authorized/);
      await expect(connection.useDb('other').collection('x').insertOne({})).rejects.toThrow(/not authorized/);
    } finally {
      await connection.close();
    }
  });
});

describe('Redis', () => {
  test('when the gateway touches keys that are not its own, or the server, then it may not', async () => {
    const redis = openRedis(stores.redis);
    try {
      await expect(redis.get('session:none')).resolves.toBeNull();
      await expect(redis.set('anything', '1')).rejects.toThrow(/NOPERM|permissions/);
      for (const command of ['FLUSHALL', 'KEYS *', 'CONFIG GET *', 'ACL LIST', 'SHUTDOWN'])
        await expect(redis.call(...(command.split(' ') as [string]))).rejects.toThrow(/NOPERM|permissions/);
    } finally {
      redis.disconnect();
    }
  });

  test('when the account for looking writes, then it may not', async () => {
    const redis = openRedis({ ...stores.redis, ...stores.redis.viewer });
    await expect(redis.set('session:none', '1')).rejects.toThrow(/NOPERM|permissions/);
    redis.disconnect();
  });

  test('when somebody comes without a name, then there is no such user', async () => {
    const { username: _, ...nameless } = stores.redis;
    const redis = openRedis(nameless);
    await expect(redis.get('session:none')).rejects.toThrow(/WRONGPASS|NOAUTH/);
    redis.disconnect();
  });
});

describe('RabbitMQ', () => {
  let connection: ChannelModel;
  const asApp = async (app: keyof StoreAddresses['rabbitmq']['urls']): Promise<Channel> => {
    connection = await connect(stores.rabbitmq.urls[app], { ca });
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return channel;
  };

  afterEach(() => connection.close());

  test.each([
    ['users-service', 'order.confirmed'],
    ['users-service', 'stock.reserved'],
    ['products-service', 'order.placed'],
    ['orders-service', 'stock.reserved'],
    ['orders-service', 'user.erased'],
    ['api-gateway', 'user.erased'],
    ['api-gateway', 'order.cancelled'],
  ] as const)('when %s publishes %s, which is not its to say, then the broker refuses', async (app, key) => {
    const channel = await asApp(app);
    const refused = new Promise((resolve) => channel.once('error', resolve));
    channel.publish('shop.events', key, Buffer.from('forged'));
    expect(String(await refused)).toMatch(/ACCESS_REFUSED/);
  });

  test.each(['orders-service.continue-order', 'products-service.reserve-stock.dead'])(
    'when another app reads, empties or deletes the queue %s, then the broker refuses',
    async (queue) => {
      for (const act of ['get', 'purgeQueue', 'deleteQueue'] as const) {
        const channel = await asApp('users-service');
        await expect(channel[act](queue)).rejects.toThrow(/ACCESS_REFUSED/);
        await connection.close();
      }
      await asApp('users-service');
    },
  );

  test('when an app wants to hear events that it has no business with, then the broker refuses', async () => {
    const channel = await asApp('api-gateway');
    const { queue } = await channel.assertQueue('api-gateway.eavesdropper', { exclusive: true });
    await expect(channel.bindQueue(queue, 'shop.events', 'order.*')).rejects.toThrow(/ACCESS_REFUSED/);
  });

  test('when an app deletes the exchange of all, then the broker refuses', async () => {
    const channel = await asApp('orders-service');
    await expect(channel.deleteExchange('shop.events')).rejects.toThrow(/ACCESS_REFUSED/);
  });

  test('when an app makes a queue in the name of another, then the broker refuses', async () => {
    const channel = await asApp('api-gateway');
    await expect(channel.assertQueue('orders-service.mine')).rejects.toThrow(/ACCESS_REFUSED/);
  });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    return await database.query(sql);
  } finally {
    await database.destroy();
  }
}

function openRedis({
  host,
  port,
  username,
  password,
}: {
  host: string;
  port: number;
  username?: string;
  password: string;
}): Redis {
  const redis = new Redis({
    host,
    port,
    username,
    password,
    tls: { ca },
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  redis.on('error', () => undefined);
  return redis;
}

const GREETINGS = {
  // A start-up message of protocol 3.0 for the user "users".
  postgres: Buffer.from('0000001400030000757365720075736572730000', 'hex'),
  redis: Buffer.from('PING\r\n'),
  rabbitmq: Buffer.from([...Buffer.from('AMQP'), 0, 0, 9, 1]),
  // { ismaster: 1 } on admin.$cmd, in the old form that every server answers.
  mongodb: Buffer.concat([
    Buffer.from('3a0000000100000000000000d40700000000000061646d696e2e24636d640000000000ffffffff', 'hex'),
    Buffer.from('130000001069736d6173746572000100000000', 'hex'),
  ]),
};

/** What comes back within a second. */
function plaintextAnswer(store: keyof typeof GREETINGS, port: number): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = openTcp(port, '127.0.0.1', () => socket.write(GREETINGS[store]));
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

/** The version agreed on, or why there is none. */
async function handshake(store: string, port: number, options: ConnectionOptions): Promise<string> {
  const socket = openTcp(port, '127.0.0.1');
  // It wants to be asked for TLS first, and says S.
  if (store === 'postgres') {
    socket.write(Buffer.from('0000000804d2162f', 'hex'));
    await once(socket, 'data');
  }
  const secure = openTls({ socket, ca, checkServerIdentity: () => undefined, ...options });
  const outcome = new Promise<string>((resolve) => {
    secure.on('secureConnect', () => resolve(secure.getProtocol() ?? 'none'));
    secure.on('error', (error) => resolve(String(error)));
  });
  return outcome.finally(() => secure.destroy());
}
