import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const COLLECTOR = 'http://127.0.0.1:4318';

// As main.ts begins, in a process of its own: what one test file has loaded, the next one has too.
function loadedWith(env: Record<string, string>): string[] {
  const program = `
    require('@shop/service-kit/tracing');
    require('@shop/service-kit');
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
    cwd: join(__dirname, '..', '..', 'orders-service'),
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  if (stderr) throw new Error(stderr);
  // prom-client brings the interfaces, which do nothing by themselves.
  return (JSON.parse(stdout) as string[]).filter((file) => /@opentelemetry\/(?!api\/)/.test(file));
}

test('when no collector is named, then nothing of OpenTelemetry is loaded', () => {
  expect(loadedWith({})).toEqual([]);
});

test('when one is named, then it is loaded', () => {
  expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR })).not.toEqual([]);
});

test('when the variables are bad, then it is left to the configuration to say so', () => {
  expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR, TRACE_SAMPLE_RATIO: '2' })).toEqual([]);
  expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: '127.0.0.1:4318' })).toEqual([]);
});
