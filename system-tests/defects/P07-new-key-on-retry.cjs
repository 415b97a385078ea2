const { randomUUID } = require('node:crypto');
const plant = require('./plant.cjs');

plant('orders-service', 'payments/stripe-provider', ({ StripeProvider }) => {
  const { charge } = StripeProvider.prototype;
  StripeProvider.prototype.charge = function (attempt) {
    return charge.call(this, attempt.tries > 1 ? { ...attempt, key: randomUUID() } : attempt);
  };
});
