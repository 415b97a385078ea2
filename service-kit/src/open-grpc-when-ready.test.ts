import type { INestApplication } from '@nestjs/common';
import { Health } from './health';
import { openGrpcWhenReady } from './open-grpc-when-ready';
import { eventually } from './testing/eventually';

function aStartingApp() {
  const health = new Health();
  const state = { storeIsThere: false, brokerIsThere: false, isServed: false };
  health.add('postgres', async () => expect(state.storeIsThere).toBe(true));
  health.add('rabbitmq', async () => expect(state.brokerIsThere).toBe(true), { degraded: true });
  const app = {
    get: () => health,
    startAllMicroservices: async () => {
      state.isServed = true;
    },
  } as unknown as INestApplication;
  return { health, state, open: openGrpcWhenReady(app) };
}

test('when its store comes late, then an app is called only after that, and is ready only after that', async () => {
  const { health, state, open } = aStartingApp();
  const opened = open();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(state.isServed).toBe(false);
  state.storeIsThere = true;
  expect((await health.report()).status).toBe('error');
  await opened;
  expect(state.isServed).toBe(true);
  expect((await health.report()).status).toBe('ok');
});

test('when it is stopped before its store has come, then it is never called', async () => {
  const { health, state, open } = aStartingApp();
  const opened = open();
  health.startShutdown();
  await opened;
  state.storeIsThere = true;
  await eventually(() => expect(state.isServed).toBe(false));
});
