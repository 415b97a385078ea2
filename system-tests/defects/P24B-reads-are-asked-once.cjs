const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/ask-again', ({ RetryBudget }) => {
  RetryBudget.prototype.take = () => false;
});
