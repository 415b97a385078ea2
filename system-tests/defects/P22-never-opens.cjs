const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-client', (_, load) => {
  load('cockatiel').ConsecutiveBreaker.prototype.failure = () => false;
});
