import type { FastifyReply } from 'fastify';
import type { Consumed } from './limits';

/** `RateLimit-Policy` and `RateLimit` of the IETF draft (structured fields): `"orders";q=60;w=60` and `"orders";r=59;t=12`. */
export function setRateLimitHeaders(reply: FastifyReply, consumed: readonly Consumed[]): void {
  if (consumed.length === 0) return;
  const policies = consumed.map(({ policy, limit }) => `"${nameOf(policy)}";q=${limit.points};w=${limit.seconds}`);
  const states = consumed.map(
    ({ policy, remaining, resetMs }) =>
      `"${nameOf(policy)}";r=${remaining};t=${Math.max(0, Math.ceil(resetMs / 1000))}`,
  );
  void reply.header('ratelimit-policy', policies.join(', ')).header('ratelimit', states.join(', '));
}

function nameOf(policy: string): string {
  return policy.toLowerCase();
}
