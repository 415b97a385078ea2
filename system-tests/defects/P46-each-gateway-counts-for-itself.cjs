const plant = require('./plant.cjs');

plant('api-gateway', 'redis/redis', ({ Redis }) => {
  const { script } = Redis.prototype;
  Redis.prototype.script = function (...of) {
    const run = script.apply(this, of);
    if (!of[0].includes('window')) return run;
    return (keys, ...rest) =>
      run(
        keys.map((key) => `${key}:${process.pid}`),
        ...rest,
      );
  };
});
