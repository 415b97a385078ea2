import { DomainError, sendProblem } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';

/** An order may be answered at 2.5 s, and nothing later than 3 s. */
const ANSWER_TIMEOUT_MS = 2900;

/** Nobody waits for ever. Fastify's own `handlerTimeout` forgets a request as soon as its body has been read. */
export function answerInTime(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const giveUp = () => sendProblem(reply, request, new DomainError('UNAVAILABLE'));
    const timer = setTimeout(giveUp, ANSWER_TIMEOUT_MS);
    reply.raw.once('close', () => clearTimeout(timer));
    done();
  });
}
