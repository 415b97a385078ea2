// Runs an app, whose folder is the argument and which needs no store for it, and tells its parent what it measures.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const app = process.argv[2];
process.chdir(app);
const require = createRequire(join(app, 'package.json'));
require(join(app, 'dist', 'main.js'));
const { register } = createRequire(require.resolve('@shop/service-kit'))('prom-client');

const alive = `http://127.0.0.1:${process.env.HTTP_PORT}/health/live`;
while (!(await fetch(alive).catch(() => undefined))?.ok) await delay(50);
const metrics = register.getMetricsAsArray();
process.send(
  metrics.map(({ name, type, help, labelNames }) => ({ name, type, help, labels: labelNames })),
  () => process.exit(0),
);
