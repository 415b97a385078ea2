import { ServiceTokens } from '@shop/service-kit';
import { ROUTE_CALLS } from '../flows/route-calls';
import { settingsOf } from '../testing/app-process';
import { expectCleanError } from '../testing/clean-errors';
import { expired, readJwt } from '../testing/forged-tokens';
import { proof } from '../testing/proof';
import type { Shop } from '../testing/shop';

type Access = 'anybody' | 'customer' | 'admin';

interface Operation {
  readonly route: string;
  readonly access: Access;
}

proof('P50', 'when every route is tried by everybody, then just those get in who may', {
  sizes: { ci: {}, S: {}, L: { rounds: 5 } },
  run: async ({ shop, history, figures }) => {
    const operations = await documented(shop);
    // A route is not open because somebody forgot it here, nor because somebody forgot it there.
    const decided = Object.entries(ROUTE_CALLS).map(([route, { by }]) => ({ route, access: by }));
    expect(operations.toSorted(byRoute)).toEqual(decided.toSorted(byRoute));
    const strangers = await strangersOf(shop);
    for (const { route, access } of operations.filter((operation) => operation.access !== 'anybody')) {
      const [method = '', path = ''] = route.replace(':id', 'some-id').split(' ');
      for (const [who, accessToken] of Object.entries(strangers)) {
        const client = Object.assign(shop.anonymous(), { accessToken });
        const { answer } = await history.record(`${who}: ${route}`, () => client.call(method, path));
        const code = who === 'an expired token' ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED';
        expect([who, route, answer?.status, answer?.body.code]).toEqual([who, route, 401, code]);
        if (answer) expectCleanError(answer);
      }
      if (access !== 'admin') continue;
      const customer = await shop.customer();
      const { answer } = await history.record(`a customer: ${route}`, () => customer.call(method, path));
      expect([route, answer?.status, answer?.body.code]).toEqual([route, 403, 'FORBIDDEN']);
    }
    for (const [route, { by, status, call }] of Object.entries(ROUTE_CALLS)) {
      const client = by === 'admin' ? shop.admin : by === 'customer' ? await shop.customer() : shop.anonymous();
      const { answer } = await history.record(`who may: ${route}`, () => call(client, shop));
      expect([route, answer?.status]).toEqual([route, status]);
    }
    Object.assign(figures, { routes: operations.length, tries: history.seen.length });
  },
});

async function documented(shop: Shop): Promise<Operation[]> {
  const { paths } = (await shop.anonymous().call('GET', '/docs-json')).body;
  return Object.entries<Record<string, any>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path.replace('{id}', ':id')}`,
      access: accessOf(operation),
    })),
  );
}

function accessOf(operation: { security: object[]; 'x-roles'?: string[] }): Access {
  if (operation.security.length === 0) return 'anybody';
  return operation['x-roles']?.includes('admin') ? 'admin' : 'customer';
}

async function strangersOf(shop: Shop): Promise<Record<string, string>> {
  const { JWT_ACCESS_SECRET = '', JWT_SERVICE_SECRET = '' } = settingsOf(shop.system, 'api-gateway');
  const signedOut = await shop.customer();
  await signedOut.call('POST', '/auth/logout');
  return {
    nobody: '',
    'who has a word': 'word',
    'an expired token': expired(JWT_ACCESS_SECRET, readJwt(shop.admin.accessToken)),
    'a refresh token': shop.admin.refreshToken,
    'a service’s token': new ServiceTokens('api-gateway', JWT_SERVICE_SECRET).issue('shop-api', {
      id: shop.admin.account.id,
      role: 'admin',
    }),
    'who has signed out': signedOut.accessToken,
  };
}

function byRoute(one: Operation, other: Operation): number {
  return one.route < other.route ? -1 : 1;
}
