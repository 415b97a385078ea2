const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-errors', (errors) => {
  errors.isAbsent = () => true;
});
