import assert from 'node:assert/strict';
import { URLSearchParams } from 'node:url';
import { PORTS } from './docker.mjs';

const COMMANDER = `http://127.0.0.1:${PORTS.REDIS_COMMANDER_PORT}`;

/** Its page is for everybody; what it shows there is for who signs in, and nobody changes anything with it. */
export async function checkCommander({ user, password }) {
  assert.equal((await fetch(`${COMMANDER}/connections`)).status, 401);
  assert.equal((await signIn(user, 'admin')).ok, false);
  const { ok, bearerToken } = await signIn(user, password);
  assert.equal(ok, true);
  const ask = (path, options) =>
    fetch(`${COMMANDER}/${path}`, { ...options, headers: { authorization: `Bearer ${bearerToken}` } });
  const [, connection] = /"conId":"([^"]+)"/.exec(await (await ask('connections')).text()) ?? [];
  assert.match(await (await ask(`apiv2/keystree/${connection}/`)).text(), /session/);
  assert.equal((await ask(`apiv2/key/${connection}/mine`, { method: 'POST' })).status, 403);
}

async function signIn(username, password) {
  const body = new URLSearchParams({ username, password });
  return (await fetch(`${COMMANDER}/signin`, { method: 'POST', body })).json();
}
