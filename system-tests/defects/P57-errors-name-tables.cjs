const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/errors', ({ REASONS }) => {
  REASONS.NOT_FOUND.title = 'relation "orders" has no such row';
});
