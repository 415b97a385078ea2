const plant = require('./plant.cjs');

plant('api-gateway', 'redis/redis', ({ Redis }) => {
  const { ask } = Redis.prototype;
  Redis.prototype.ask = function (question) {
    return ask.call(this, question).catch(() => undefined);
  };
});
