const plant = require('./plant.cjs');

plant('api-gateway', 'http/edge', (edge) => {
  const { fastifyOptions } = edge;
  edge.fastifyOptions = (config) => ({ ...fastifyOptions(config), trustProxy: true });
});
