import { setTimeout as delay } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { Health } from './health';

const LOOK_EVERY_MS = 100;
const NAME = 'grpc';

/**
 * Callers go to every instance that listens, so one that has just started lets nobody in before its own stores are there;
 * nor is it ready before that. To be called before HTTP is served; what it answers opens gRPC.
 */
export function openGrpcWhenReady(app: Pick<INestApplication, 'get' | 'startAllMicroservices'>): () => Promise<void> {
  const health = app.get(Health);
  let isOpen = false;
  health.add(NAME, async () => {
    if (!isOpen) throw new Error('not served yet');
  });
  return async () => {
    while (!(await isAllElseReady(health))) await delay(LOOK_EVERY_MS);
    if (health.stopping) return;
    await app.startAllMicroservices();
    isOpen = true;
  };
}

async function isAllElseReady(health: Health): Promise<boolean> {
  const { error } = await health.report();
  return health.stopping || Object.keys(error).every((name) => name === NAME);
}
