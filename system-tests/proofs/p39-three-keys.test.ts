import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceTokens } from '@shop/service-kit';
import { eventually } from '@shop/service-kit/testing';
import { AppProcess, settingsOf } from '../testing/app-process';
import { proof } from '../testing/proof';
import { APPS, type App, type System } from '../testing/system';

const ENDS_WITHIN_MS = 60_000;
const KEYS = ['JWT_ACCESS_SECRET', 'JWT_REFRESH_SECRET', 'JWT_SERVICE_SECRET'] as const;
const WEAK = {
  empty: '',
  short: randomBytes(16).toString('hex').slice(0, 31),
  'of one letter': 'a'.repeat(64),
  'a placeholder': `change-me-${randomBytes(32).toString('hex')}`,
  'an example': 'your-256-bit-secret-your-256-bit-secret',
};

proof('P39', 'when a key is used in the place of another, or is weak, then it opens nothing, and nothing starts', {
  sizes: { ci: { weak: 1 }, S: { weak: 5 }, L: { weak: 5, rounds: 2 } },
  run: async ({ shop, size, history }) => {
    const { system } = shop;
    const customer = await shop.customer();
    const secret = settingsOf(system, 'api-gateway').JWT_SERVICE_SECRET ?? '';
    const service = new ServiceTokens('api-gateway', secret).issue('shop-api', {
      id: customer.account.id,
      role: 'admin',
    });
    for (const accessToken of [customer.refreshToken, service]) {
      const guest = Object.assign(shop.anonymous(), { accessToken });
      const { answer } = await history.record('GET /users/me', () => guest.call('GET', '/users/me'));
      expect([answer?.status, answer?.body.code]).toEqual([401, 'UNAUTHENTICATED']);
    }
    for (const refreshToken of [customer.accessToken, service]) {
      const ask = () => shop.anonymous().call('POST', '/auth/refresh', { refreshToken });
      const { answer } = await history.record('POST /auth/refresh', ask);
      expect([answer?.status, answer?.body.code]).toEqual([401, 'INVALID_REFRESH_TOKEN']);
    }
    for (const token of [customer.accessToken, customer.refreshToken]) {
      const { http } = system.state().processes['users-service'];
      const view = await fetch(`http://127.0.0.1:${http}/users`, { headers: { authorization: `Bearer ${token}` } });
      expect(view.status).toBe(401);
    }
    expect((await history.record('GET /users/me', () => customer.call('GET', '/users/me'))).outcome).toBe('ok');

    const { JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh } = settingsOf(system, 'api-gateway');
    await expectNoStart(system, 'api-gateway', { JWT_REFRESH_SECRET: access ?? '' });
    await expectNoStart(system, 'api-gateway', { JWT_SERVICE_SECRET: refresh ?? '' });
    for (const value of Object.values(WEAK).slice(0, size.weak)) {
      for (const key of KEYS) await expectNoStart(system, 'api-gateway', { [key]: value });
      for (const app of APPS.slice(0, 3)) await expectNoStart(system, app, { JWT_SERVICE_SECRET: value });
    }
  },
});

async function expectNoStart(system: System, app: App, settings: Record<string, string>): Promise<void> {
  const process = await AppProcess.launch(system, app, settings);
  try {
    await eventually(() => expect(process.isRunning).toBe(false), ENDS_WITHIN_MS);
    const said = readFileSync(join(system.dir, 'logs', `${app}-${new URL(process.http).port}.log`), 'utf8');
    expect([await process.stop(), said]).toEqual([1, expect.stringContaining(Object.keys(settings)[0] ?? '')]);
    for (const value of Object.values(settings)) if (value) expect(said).not.toContain(value);
  } finally {
    await process.end();
  }
}
