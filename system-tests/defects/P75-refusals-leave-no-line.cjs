const plant = require('./plant.cjs');

plant('api-gateway', 'service-kit/logger', ({ Logger }) => {
  const { security } = Logger.prototype;
  Logger.prototype.security = function (event, fields) {
    if (event !== 'request_refused') security.call(this, event, fields);
  };
});
