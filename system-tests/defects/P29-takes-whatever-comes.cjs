const plant = require('./plant.cjs');

plant('api-gateway', 'http/shed-overload', (overload) => {
  overload.shedOverload = () => undefined;
});
