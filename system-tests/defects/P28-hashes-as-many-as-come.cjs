const plant = require('./plant.cjs');

plant('users-service', 'passwords/bounded-queue', ({ BoundedQueue }) => {
  BoundedQueue.prototype.run = (work) => work();
});
