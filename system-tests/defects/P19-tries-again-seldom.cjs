const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-channel', () => {
  const { BackoffTimeout } = require('@grpc/grpc-js/build/src/backoff-timeout.js');
  const { runTimer } = BackoffTimeout.prototype;
  BackoffTimeout.prototype.runTimer = function () {
    return runTimer.call(this, 30_000);
  };
});
