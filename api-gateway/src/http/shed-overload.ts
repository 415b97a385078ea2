import { DomainError, type Logger, sendProblem } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';

// One for all: making an error costs more than sending it.
const TOO_MUCH = new DomainError('UNAVAILABLE', { retryAfterMs: 1000 });
const TELL_EVERY_MS = 10_000;

/**
 * Refuses at once what is more than `most` requests in hand. Without it all wait, and when there is far too much each gets
 * its turn after its time: much work, and no answers. Probes are always answered.
 */
export function shedOverload(fastify: FastifyInstance, most: number, logger: Logger): void {
  let inHand = 0;
  const refused = new Refused(logger);
  // Not before its body is there: who sends one slowly takes nobody's place.
  fastify.addHook('preValidation', (request, reply, done) => {
    if (inHand >= most && !request.url.startsWith('/health')) {
      refused.count();
      return sendProblem(reply, request, TOO_MUCH);
    }
    inHand++;
    reply.raw.once('close', () => inHand--);
    done();
  });
}

/** A line for each refusal would be more work than the refusal. */
class Refused {
  private refused = 0;
  private timer?: NodeJS.Timeout;

  constructor(private readonly logger: Logger) {}

  count(): void {
    this.refused++;
    this.timer ??= setTimeout(() => this.tell(), TELL_EVERY_MS).unref();
  }

  private tell(): void {
    this.logger.warn({ refused: this.refused }, 'overloaded: requests were refused with 503');
    this.timer = undefined;
    this.refused = 0;
  }
}
