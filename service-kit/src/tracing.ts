import { readConfig, TracingConfig } from './config';
import type * as OpenTelemetry from './open-telemetry';
import { traceWith } from './trace';

// The first import of every main.ts: only what is loaded after it can be traced. While tracing is off, nothing of
// OpenTelemetry is loaded at all. What is wrong with these variables, loadConfig says together with everything else.
const { config, problems } = readConfig(TracingConfig);
if (config.OTEL_EXPORTER_OTLP_ENDPOINT && problems.length === 0) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  traceWith(require('./open-telemetry') as typeof OpenTelemetry);
}
