const { setTimeout: delay } = require('node:timers/promises');
const plant = require('./plant.cjs');

// As with a store that keeps writes in memory for a while.
plant('products-service', 'stock/adjust-stock', ({ AdjustStock }) => {
  const { apply } = AdjustStock.prototype;
  AdjustStock.prototype.apply = async function (...args) {
    void delay(500).then(() => apply.apply(this, args).catch(() => undefined));
    return true;
  };
});
