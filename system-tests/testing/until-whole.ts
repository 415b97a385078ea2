import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from './builders';
import type { Answer } from './client';
import type { Shop } from './shop';
import { APPS } from './system';

const WHOLE_WITHIN = 60_000;

/** Until every app has all that it needs, and every service is called again: the next test is not about what this one did. */
export async function untilWhole(shop: Shop): Promise<void> {
  await eventually(async () => {
    for (const app of APPS) await shop.system.expectReady(app);
    await expectServed(shop);
  }, WHOLE_WITHIN);
}

// An app that is ready may still be left out by those who call it.
async function expectServed({ admin }: Shop): Promise<void> {
  // Without a session, which may have ended meanwhile, the gateway would ask nobody.
  if ((await admin.call('GET', '/users/me')).status === 401) {
    requireServed('POST /auth/login', await admin.logIn(admin.account.email, admin.account.password));
  }
  for (const path of [`/products?search=${randomUUID()}`, '/orders?limit=1', '/users?limit=1']) {
    requireServed(`GET ${path}`, await admin.call('GET', path));
  }
  // By orders-service as well: only it knows that there is no such product.
  requireServed('POST /orders', await admin.call('POST', '/orders', anOrderOf(randomUUID())));
}

function requireServed(what: string, { status }: Answer): void {
  if (status >= 500) throw new Error(`${what} is answered ${status}`);
}
