// Loaded into an app before its own code by `npm run bench -- --observability`: its parent switches metrics,
// log lines and traces off and on, and is told how many milliseconds of CPU the app has used.
const { createRequire } = require('node:module');
const { join } = require('node:path');

const is = { metrics: true, logs: true, traces: true };

// The ones that the apps use.
const fromKit = createRequire(join(__dirname, '..', '..', 'service-kit', 'package.json'));
const { Counter, Gauge, Histogram } = fromKit('prom-client');
const { Logger } = fromKit('./dist/logger');

makeSwitchable('metrics', Counter, 'inc');
makeSwitchable('metrics', Gauge, 'set');
makeSwitchable('metrics', Histogram, 'observe');
makeSwitchable('logs', Logger, 'info');
const switchTraces = switchOfTraces();

process.on('message', (wanted) => {
  Object.assign(is, wanted);
  switchTraces(is.traces);
  const { user, system } = process.cpuUsage();
  process.send({ result: (user + system) / 1000 });
});

function makeSwitchable(what, { prototype }, name) {
  const really = prototype[name];
  prototype[name] = function (...given) {
    if (is[what]) really.apply(this, given);
  };
}

// Off, no request has a span, and what wraps the libraries is taken away again. What stays are modules in memory.
function switchOfTraces() {
  const { InstrumentationBase } = createRequire(fromKit.resolve('@opentelemetry/instrumentation-http'))(
    '@opentelemetry/instrumentation',
  );
  const instrumentations = new Set();
  const enable = InstrumentationBase.prototype.enable;
  InstrumentationBase.prototype.enable = function () {
    instrumentations.add(this);
    enable.call(this);
  };
  return (on) => {
    fromKit('./dist/trace').traceWith(on ? fromKit('./dist/open-telemetry') : undefined);
    for (const each of instrumentations) on ? each.enable() : each.disable();
  };
}
