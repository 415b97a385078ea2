import type { RouteCall } from '../flows/route-calls';
import { type Answer, Client } from './client';
import type { Shop } from './shop';

/** A request that is ready to be sent: all that it needs is there. */
export interface ReadyRequest {
  readonly route: string;
  readonly send: () => Promise<Answer>;
}

class Held extends Error {}

/** Does what comes before the call of a route, and holds the call itself back until it is wanted. */
export async function rehearse(route: string, { by, call }: RouteCall, shop: Shop): Promise<ReadyRequest> {
  const actors = { anybody: () => shop.anonymous(), customer: () => shop.customer(), admin: () => shop.admin };
  const actor = await actors[by]();
  let send: (() => Promise<Answer>) | undefined;
  const rehearsing = Object.assign(Object.create(actor) as Client, {
    // `this` may be sending headers of its own.
    async call(this: Client, ...request: Parameters<Client['call']>) {
      if (!isOf(route, request)) return actor.call(...request);
      const [method, path, body] = request;
      send = () => Client.prototype.call.call(this, method, withNewQuery(path), body);
      throw new Held();
    },
  });
  await call(rehearsing, shop).catch((error: unknown) => {
    if (!(error instanceof Held)) throw error;
  });
  if (!send) throw new Error(`${route} was not called`);
  return { route, send };
}

function isOf(route: string, [method, path]: Parameters<Client['call']>): boolean {
  const pattern = route.replace(/:id/, '[^/?]+').replace('/', '\\/');
  return new RegExp(`^${pattern}(\\?|$)`).test(`${method} ${path}`);
}

// A list of products that was asked for before would be remembered.
function withNewQuery(path: string): string {
  return path.startsWith('/products?') ? `${path}&search=${Math.random().toString(36).slice(2)}` : path;
}
