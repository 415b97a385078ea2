import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  appendToOutbox,
  EventBus,
  type KeyRing,
  KitModule,
  OUTBOX_MIGRATION_SQL,
  postgresProviders,
  type ServiceConfig,
  startApp,
} from '../src';
import { brokerConfig, eventually, SERVICE_SECRET, storeAuthority, storeSetting, tlsFilesOf } from '../src/testing';

const schema = `stopping_${randomUUID().replaceAll('-', '')}`;
const QUEUE = `stopping-order-test.${schema}`;
const steps: string[] = [];
let atWork: () => void;
let setUp: DataSource;

const config: ServiceConfig & { EVENT_KEY_USER: KeyRing } = {
  EVENT_KEY_USER: new Map([['k1', createSecretKey(randomBytes(32))]]),
  LOG_LEVEL: 'silent',
  TRACE_SAMPLE_RATIO: 0,
  HTTP_HOST: '127.0.0.1',
  HTTP_PORT: 0,
  ...brokerConfig(),
  JWT_SERVICE_SECRET: SERVICE_SECRET,
  SHUTDOWN_TIMEOUT: 5000,
  SHUTDOWN_DELAY: 1,
  ...tlsFilesOf('orders-service'),
};
const anEvent = (subject: string) => ({
  ...{ id: randomUUID(), type: 'user.registered', subject, time: new Date().toISOString() },
  data: { userId: subject },
});

@Controller()
class WorkController {
  constructor(
    private readonly database: DataSource,
    private readonly bus: EventBus,
  ) {
    bus.subscribe({ queue: QUEUE, topics: ['user.registered'], handle: (event) => this.handle(event.subject) });
  }

  @Get('work')
  async work(): Promise<object> {
    atWork();
    await pause(500);
    await appendToOutbox(this.database, [anEvent('of a request')]);
    steps.push('request finished');
    return { consuming: this.bus.connected };
  }

  private async handle(subject: string): Promise<void> {
    steps.push(`handling the event ${subject}`);
  }
}

@Module({
  imports: [KitModule.forRoot({ name: 'orders-service', config })],
  controllers: [WorkController],
  providers: postgresProviders(DataSource, () => open()),
})
class TestModule {}

function open(): DataSource {
  const extra = { options: `-c search_path=${schema}` };
  return new DataSource({ type: 'postgres', url: storeSetting('TEST_POSTGRES_URL'), extra });
}

beforeAll(async () => {
  setUp = await new DataSource({ type: 'postgres', url: storeSetting('TEST_POSTGRES_URL') }).initialize();
  await setUp.query(`CREATE SCHEMA ${schema}`);
  await setUp.query(`SET search_path TO ${schema}; ${OUTBOX_MIGRATION_SQL}`);
});
afterAll(async () => {
  await setUp.query(`DROP SCHEMA ${schema} CASCADE`);
  await setUp.destroy();
});

test('when an app stops, then it takes no more messages, finishes its requests, and what they wrote has been published', async () => {
  const app = await startApp({ name: 'orders-service', module: TestModule, config });
  const { port } = app.getHttpServer().address() as { port: number };
  await eventually(() => app.get(EventBus).connected && app.get(DataSource).isInitialized);
  const working = new Promise<void>((resolve) => (atWork = resolve));
  const request = fetch(`http://127.0.0.1:${port}/work`, { headers: { connection: 'close' } });
  await working;
  const stopped = app.close();
  expect(await (await request).json()).toEqual({ consuming: true });
  await stopped;
  // The last round has told the broker; nobody here took it back.
  expect(steps).toEqual(['request finished']);
  const rows = await setUp.query<{ published_at: Date | null }[]>(`SELECT published_at FROM ${schema}.outbox`);
  expect(rows).toEqual([{ published_at: expect.any(Date) }]);
  await deleteQueue();
});

async function deleteQueue(): Promise<void> {
  const { connect } = await import('amqplib');
  const connection = await connect(storeSetting('TEST_RABBITMQ_URL'), { ca: storeAuthority() });
  const channel = await connection.createChannel();
  const { messageCount } = await channel.checkQueue(QUEUE);
  expect(messageCount).toBe(1);
  await channel.deleteQueue(QUEUE);
  await channel.deleteQueue(`${QUEUE}.dead`);
  await connection.close();
}
