import { askedGauge, counter, DomainError, type Logger, sendProblem } from '@shop/service-kit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AdaptiveLimit } from './adaptive-limit';

// One for all: making an error costs more than sending it.
const TOO_MUCH = new DomainError('UNAVAILABLE', { retryAfterMs: 1000 });
const TELL_EVERY_MS = 10_000;

/**
 * Refuses at once what is more than `most` requests in hand, or more of a kind than are answered in time. Without it all wait,
 * and when there is far too much each gets its turn after its time: much work, and no answers. Probes are always answered.
 */
export function shedOverload(fastify: FastifyInstance, most: number, logger: Logger): void {
  let inHand = 0;
  // A service that is slow takes no places of the others.
  const kinds = new Map<string, AdaptiveLimit>();
  askedGauge({
    name: 'requests_in_hand',
    help: 'Requests that this gateway is working on; MAX_REQUESTS_IN_HAND is the most',
    freshForMs: 0,
    read: () => inHand,
  });
  askedGauge({
    name: 'requests_in_hand_limit',
    help: 'How many requests this gateway takes on at once, by the first word of their routes; fewer while they take long',
    label: 'kind',
    freshForMs: 0,
    read: () => Object.fromEntries([...kinds].map(([kind, { limit }]) => [kind, limit])),
  });
  const refused = new Refused(logger);
  // Not before its body is there: who sends one slowly takes nobody's place.
  fastify.addHook('preValidation', (request, reply, done) => {
    if (request.url.startsWith('/health')) return done();
    const kind = kindOf(request, kinds, most);
    const place = inHand < most ? kind.take() : undefined;
    if (!place) {
      refused.count();
      return sendProblem(reply, request, TOO_MUCH);
    }
    inHand++;
    reply.raw.once('close', () => {
      inHand--;
      // What changes something may wait by design, for a payment or for its turn to be hashed.
      kind.leave(place, request.method === 'GET');
    });
    done();
  });
}

function kindOf({ routeOptions }: FastifyRequest, kinds: Map<string, AdaptiveLimit>, most: number): AdaptiveLimit {
  const name = routeOptions.url?.split('/', 2)[1] || 'none';
  const known = kinds.get(name);
  if (known) return known;
  const made = new AdaptiveLimit(most);
  kinds.set(name, made);
  return made;
}

/** A line for each refusal would be more work than the refusal. */
class Refused {
  private refused = 0;
  private readonly shed = counter({
    name: 'requests_shed_total',
    help: 'Requests that were refused with 503, as too many were in hand',
  });
  private timer?: NodeJS.Timeout;

  constructor(private readonly logger: Logger) {}

  count(): void {
    this.refused++;
    this.shed({});
    this.timer ??= setTimeout(() => this.tell(), TELL_EVERY_MS).unref();
  }

  private tell(): void {
    this.logger.warn({ count: this.refused }, 'overloaded: requests were refused with 503');
    this.timer = undefined;
    this.refused = 0;
  }
}
