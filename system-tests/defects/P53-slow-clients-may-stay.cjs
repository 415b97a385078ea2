const plant = require('./plant.cjs');

plant('api-gateway', 'http/edge', (edge) => {
  const { fastifyOptions } = edge;
  edge.fastifyOptions = (config) => ({ ...fastifyOptions(config), requestTimeout: 0, http: { headersTimeout: 0 } });
});
