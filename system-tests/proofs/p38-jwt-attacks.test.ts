import { settingsOf } from '../testing/app-process';
import { expectCleanError, withoutRequest } from '../testing/clean-errors';
import type { Answer, Client } from '../testing/client';
import { expired, forgedFrom, misusedClaims, readJwt, signed } from '../testing/forged-tokens';
import type { History } from '../testing/history';
import { proof } from '../testing/proof';

const ROUTES = ['GET /users/me', 'GET /users', 'POST /auth/logout-all'];

proof('P38', 'when an access token is forged in any way, then it is refused, and always in the same words', {
  sizes: { ci: { routes: 1 }, S: { routes: ROUTES.length }, L: { routes: ROUTES.length, rounds: 5 } },
  run: async ({ shop, size, history, figures }) => {
    const secret = settingsOf(shop.system, 'api-gateway').JWT_ACCESS_SECRET ?? '';
    const genuine = readJwt(shop.admin.accessToken);
    // Else what is refused below might be refused because it cannot be made here.
    expect((await bearing(signed(secret, genuine), shop.anonymous()).call('GET', '/users/me')).status).toBe(200);

    const attacks = Object.entries({
      ...forgedFrom(shop.admin.accessToken),
      ...Object.fromEntries(
        Object.entries(misusedClaims(genuine.claims)).map(([what, claims]) => [
          what,
          signed(secret, { ...genuine, claims }),
        ]),
      ),
      'HS384 with the genuine secret': signed(
        secret,
        { ...genuine, header: { ...genuine.header, alg: 'HS384' } },
        'sha384',
      ),
    });
    const answers: object[] = [];
    for (const route of ROUTES.slice(0, size.routes)) {
      for (const [what, token] of attacks) {
        const answer = await attack(history, { what, route, client: bearing(token, shop.anonymous()) });
        expectCleanError(answer);
        expect([what, answer.status, answer.body.code]).toEqual([what, 401, 'UNAUTHENTICATED']);
        answers.push(withoutRequest(answer));
      }
      const late = await attack(history, {
        what: 'expired',
        route,
        client: bearing(expired(secret, genuine), shop.anonymous()),
      });
      expect([late.status, late.body.code]).toEqual([401, 'TOKEN_EXPIRED']);
    }
    figures.attacks = history.seen.length;
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const alive = await history.record('the genuine one', () => shop.admin.call('GET', '/users/me'));
    expect(alive.outcome).toBe('ok');
  },
});

function bearing(token: string, client: Client): Client {
  client.accessToken = token;
  return client;
}

async function attack(
  history: History,
  { what, route, client }: { what: string; route: string; client: Client },
): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const { answer, error } = await history.record(`${what}: ${route}`, () => client.call(method, path));
  if (!answer) throw new Error(`${what} was not answered: ${error}`);
  return answer;
}
