const plant = require('./plant.cjs');

plant('api-gateway', 'auth/sessions', ({ Sessions }) => {
  Sessions.prototype.changeAccess = async () => undefined;
});
