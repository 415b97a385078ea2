const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/grpc-errors', (errors, load) => {
  const { DomainError } = load('../service-kit/dist/errors');
  const { fromServiceError, isAbsent } = errors;
  errors.fromServiceError = (error, service) =>
    isAbsent(error) ? new DomainError('INTERNAL', { cause: error }) : fromServiceError(error, service);
});
