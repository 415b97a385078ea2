const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/config-rules', (rules) => {
  rules.DiffersFrom = () => () => undefined;
});
