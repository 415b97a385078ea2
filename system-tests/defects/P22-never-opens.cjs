const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-client', () => {
  require('cockatiel').ConsecutiveBreaker.prototype.failure = () => false;
});
