import { aUser, fakeUsers, PASSWORD } from './accounts';
import { openRedis, startGateway, untilReady } from './gateway';
import { type Answer, type Ask, ask } from './http';

export const customer = aUser();
export const admin = aUser({ id: 'user-2', email: 'root@example.com', name: 'Root', role: 'admin' });

type Methods = Record<string, jest.Mock>;
export type Who = 'anybody' | 'customer' | 'admin';
export type Shop = Awaited<ReturnType<typeof openShop>>;

/** A gateway with a customer and an admin signed in; what its services answer is set test by test. */
export async function openShop(env: Record<string, string> = { RATE_LIMIT_ENABLED: 'false' }) {
  const redis = openRedis();
  await redis.flushdb();
  const accounts = fakeUsers([customer, admin]);
  const services = { users: onTopOf(accounts.methods), products: onTopOf({}), orders: onTopOf({}) };
  const gateway = await startGateway({ ...services, env });
  await untilReady(gateway);
  const signIn = async (email: string) => {
    // Whom a test before has changed or erased is as before again, and so may sign in.
    await redis.del([customer, admin].map(({ id }) => `account-changed:${id}`));
    const { status, body } = await ask(gateway.url, 'POST /auth/login', { body: { email, password: PASSWORD } });
    if (status !== 200) throw new Error(`${email} could not sign in: ${status} ${String(body.code)}`);
    return body as { accessToken: string; refreshToken: string };
  };
  const sessions = { customer: await signIn(customer.email), admin: await signIn(admin.email) };
  return {
    ...{ gateway, redis, services, accounts, sessions, signIn },
    ask: (who: Who, what: string, asked: Ask = {}): Promise<Answer> =>
      ask(gateway.url, what, who === 'anybody' ? asked : { token: sessions[who].accessToken, ...asked }),
    /** To be called before each test: from here on the services know nothing but the accounts. */
    reset: () => {
      for (const methods of Object.values(services)) for (const name of Object.keys(methods)) delete methods[name];
      accounts.audit.length = 0;
      accounts.calls.length = 0;
    },
    close: async () => {
      redis.disconnect();
      await gateway.stop();
    },
  };
}

function onTopOf(methods: object): Methods {
  return Object.create(methods) as Methods;
}
