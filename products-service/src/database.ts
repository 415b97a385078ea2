import type { MongooseModuleFactoryOptions } from '@nestjs/mongoose';
import { logConnected, type Logger } from '@shop/service-kit';
import mongoose, { type Connection, type ConnectOptions } from 'mongoose';
import type { ProductsConfig } from './config';

const RETRY_MS = 250;
// A process that has just started is to take its share at once, and a connection takes a while to be made.
const WARM_CONNECTIONS = 4;
/** Less than a request's patience; building an index may take longer. */
const ANSWER_TIMEOUT_MS = 2500;

// Global because mongoose has them nowhere else; both turn a mistake in a filter into an error instead of a match-all.
mongoose.set('strictQuery', 'throw');
mongoose.set('sanitizeFilter', true);

type DatabaseConfig = Pick<ProductsConfig, 'MONGODB_URI' | 'MONGODB_POOL_SIZE'>;

/** Acknowledged means: on the disk of a majority. A server that does not answer is an error within seconds, never a hang. */
function connectOptions(config: DatabaseConfig): ConnectOptions {
  return {
    bufferCommands: false,
    autoIndex: false,
    autoCreate: false,
    maxPoolSize: config.MONGODB_POOL_SIZE,
    minPoolSize: Math.min(WARM_CONNECTIONS, config.MONGODB_POOL_SIZE),
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    serverSelectionTimeoutMS: 2000,
    connectTimeoutMS: 2000,
    heartbeatFrequencyMS: 2000,
    waitQueueTimeoutMS: 2000,
  };
}

/** For MongooseModule: the app starts at once, and the connection comes when MongoDB does. */
export function lazyDatabase(config: DatabaseConfig, logger: Logger): MongooseModuleFactoryOptions {
  return {
    uri: config.MONGODB_URI,
    ...connectOptions(config),
    socketTimeoutMS: ANSWER_TIMEOUT_MS,
    lazyConnection: true,
    connectionFactory: (connection: Connection) => {
      void keepTrying(connection, config, logger);
      return connection;
    },
  };
}

/** For one-shot commands: waits for MongoDB as long as `patienceMs`. */
async function connectDatabase(config: DatabaseConfig, patienceMs = 30_000): Promise<Connection> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const connection = mongoose.createConnection();
    try {
      return await connection.openUri(config.MONGODB_URI, connectOptions(config));
    } catch (error) {
      await connection.close().catch(() => undefined);
      if (Date.now() > giveUpAt) throw error;
      await pause(RETRY_MS);
    }
  }
}

/** Opens a connection, works on it and closes it again. */
export async function withConnection<T>(
  config: DatabaseConfig,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connectDatabase(config);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

// The driver reconnects by itself, but only once it has been connected.
async function keepTrying(connection: Connection, config: DatabaseConfig, logger: Logger): Promise<void> {
  const options = { ...connectOptions(config), socketTimeoutMS: ANSWER_TIMEOUT_MS };
  let closing = false;
  connection.once('close', () => (closing = true));
  connection.on('error', () => undefined);
  for (let attempt = 0; !closing; attempt++) {
    try {
      await (attempt === 0 ? connection.asPromise() : connection.openUri(config.MONGODB_URI, options));
      return logConnected(logger, 'MongoDB', config.MONGODB_URI);
    } catch (error) {
      if (attempt % 20 === 0) logger.warn({ err: error, attempt }, 'MongoDB is away');
      await pause(RETRY_MS);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
