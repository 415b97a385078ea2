const plant = require('./plant.cjs');

plant('api-gateway', 'http/access-log', (log) => {
  const { logAnswers } = log;
  log.logAnswers = (fastify, logger, trail) => {
    fastify.addHook('preHandler', async (request) => {
      if (request.body) logger.info({ detail: JSON.stringify(request.body) }, 'asked');
    });
    logAnswers(fastify, logger, trail);
  };
});
