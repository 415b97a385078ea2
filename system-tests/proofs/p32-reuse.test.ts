import { eventually } from '@shop/service-kit/testing';
import type { Answer, Client } from '../testing/client';
import { linesOf } from '../testing/log-lines';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { onceServed } from '../testing/shop';
import type { System } from '../testing/system';

const ENDED_WITHIN_MS = 1000;

proof('P32', 'when an old refresh token is used again, then its session ends, and no other', {
  sizes: { ci: { generations: 3 }, S: { generations: 10 }, L: { generations: 10, rounds: 10 } },
  run: async ({ shop, size, history }) => {
    // Each generation's token in turn is the one that was stolen.
    for (let stolen = 0; stolen < size.generations; stolen++) {
      const customer = await shop.customer();
      const { email, password } = customer.account;
      const elsewhere = shop.anonymous();
      await onceServed(() => elsewhere.logIn(email, password));
      const tokens: string[] = [];
      while (tokens.length < size.generations) {
        tokens.push(customer.refreshToken);
        expect((await history.record('POST /auth/refresh', () => customer.refresh())).outcome).toBe('ok');
      }
      // So that the last of them is no answer that got lost.
      expect((await customer.call('GET', '/users/me')).status).toBe(200);
      const replay = () => refreshWith(shop.anonymous(), tokens[stolen] ?? '');
      expectRefused(await replay(), 'REFRESH_TOKEN_REUSED');
      await eventually(
        async () => expectRefused(await customer.call('GET', '/users/me'), 'UNAUTHENTICATED'),
        withSlack(ENDED_WITHIN_MS),
      );
      expectRefused(await refreshWith(customer, customer.refreshToken), 'INVALID_REFRESH_TOKEN');
      expect((await replay()).status).toBe(401);
      expect((await elsewhere.call('GET', '/users/me')).status).toBe(200);
      await eventually(() =>
        expect(securityEventsOf(shop.system, customer.account.id)).toContain('refresh_token_reused'),
      );
    }
  },
});

function refreshWith(client: Client, refreshToken: string): Promise<Answer> {
  return client.call('POST', '/auth/refresh', { refreshToken });
}

function expectRefused({ status, body }: Answer, code: string): void {
  expect({ status, code: body.code, tokens: body.accessToken }).toEqual({ status: 401, code, tokens: undefined });
}

function securityEventsOf(system: System, userId: string): unknown[] {
  return linesOf(system, 'api-gateway')
    .filter((line) => line['user.id'] === userId)
    .map((line) => line['event.action']);
}
