import { DomainError, sendProblem } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';
import { answerSlowRequest } from './broken-requests';

/** An order may be answered at 2.5 s, and nothing later than 3 s. */
const ANSWER_TIMEOUT_MS = 2900;

/** Nobody waits for ever. Fastify's own `handlerTimeout` forgets a request as soon as its body has been read. */
export function answerInTime(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const giveUp = () => {
      // Whoever has not sent all of it yet is slow, and could keep the connection for ever.
      if (!request.raw.complete) return answerSlowRequest(request, reply);
      sendProblem(reply, request, new DomainError('UNAVAILABLE'));
    };
    const timer = setTimeout(giveUp, ANSWER_TIMEOUT_MS);
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}
