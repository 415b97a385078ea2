import { readFileSync } from 'node:fs';
import { ChannelCredentials } from '@grpc/grpc-js';
import jwt from 'jsonwebtoken';
import { ServiceTokens } from '../service-tokens';
import { channelCredentials } from '../tls';
import { Authority } from './authority';
import { AN_ADMIN } from './callers';
import { SERVICE_SECRET } from './running-service';
import { certificatesOf, tlsFilesOf } from './stores';

/** The apps, and whoever works on the system by hand. */
const CALLERS = ['api-gateway', 'users-service', 'products-service', 'orders-service', 'operator'];
/** Has a certificate and a token in its name, and is no app. */
const STRANGER = 'warehouse';
const OTHER_SECRET = 'another'.repeat(6);
// The most that a token can say, so that nothing but the door stands between the caller and what it asks for.
const USER = { id: AN_ADMIN, role: 'admin' } as const;

/** Somebody who calls: what they show, and what they get. */
export interface Caller {
  readonly what: string;
  readonly credentials: ChannelCredentials;
  /** Whom they expect to find there. */
  readonly callee: string;
  readonly token?: string;
  /** The app that this really is, when it is one with its own certificate and token. */
  readonly app?: string;
  readonly refusal: 'PERMISSION_DENIED' | 'UNAUTHENTICATED' | 'UNAVAILABLE';
}

/** Every app as itself, and everything else that certificates and tokens can be put together to. */
export async function everyCallerOf(callee: string): Promise<Caller[]> {
  const authority = await Authority.ofTheApps();
  const stranger = channelCredentials(certificatesOf(STRANGER, await authority.filesFor(STRANGER)));
  return [
    ...CALLERS.flatMap((app) => callersAs(app, callee)),
    ...CALLERS.map((app) => withToken(app, { what: STRANGER, credentials: stranger, callee })),
    { ...withToken(STRANGER, { what: STRANGER, credentials: stranger, callee }), refusal: 'PERMISSION_DENIED' },
    ...(await withoutConnection(callee)),
  ];
}

function callersAs(app: string, callee: string): Caller[] {
  const credentials = channelCredentials(certificatesOf(app));
  const as = { what: app, credentials, callee };
  const bad: Record<string, string | undefined> = {
    'no token': undefined,
    'an empty token': '',
    'a token that has expired': expiredToken(app, callee),
    'a token for another app': tokenOf(
      app,
      CALLERS.find((other) => other !== callee)!,
    ),
    'a token of another secret': tokenOf(app, callee, OTHER_SECRET),
  };
  return [
    { ...withToken(app, as), app, refusal: 'PERMISSION_DENIED' },
    ...[...CALLERS, STRANGER].filter((other) => other !== app).map((other) => withToken(other, as)),
    ...Object.entries(bad).map(([what, token]) => ({
      ...as,
      what: `${app} with ${what}`,
      token,
      refusal: 'UNAUTHENTICATED' as const,
    })),
  ];
}

function withToken(owner: string, as: { what: string; credentials: ChannelCredentials; callee: string }): Caller {
  const what = `${as.what} with the token of ${owner}`;
  return { ...as, what, token: tokenOf(owner, as.callee), refusal: 'UNAUTHENTICATED' };
}

async function withoutConnection(callee: string): Promise<Caller[]> {
  const roots = readFileSync(tlsFilesOf(callee).TLS_CA_FILE);
  const own = channelCredentials(certificatesOf('api-gateway'));
  const foreign = await (await Authority.create()).filesFor('api-gateway');
  const ways: [string, ChannelCredentials, string][] = [
    ['plaintext', ChannelCredentials.createInsecure(), callee],
    ['TLS without a certificate', ChannelCredentials.createSsl(roots), callee],
    ["another authority's certificate", channelCredentials(certificatesOf('api-gateway', foreign)), callee],
    ['a wrong idea of who answers', own, CALLERS.find((other) => other !== callee)!],
  ];
  return ways.map(([what, credentials, expected]) => ({
    what: `api-gateway with ${what}`,
    credentials,
    callee: expected,
    token: tokenOf('api-gateway', callee),
    refusal: 'UNAVAILABLE',
  }));
}

const tokenOf = (owner: string, audience: string, secret = SERVICE_SECRET) =>
  new ServiceTokens(owner, secret).issue(audience, USER);

function expiredToken(owner: string, audience: string): string {
  const iat = Math.floor(Date.now() / 1000) - 120;
  const claims = { typ: 'service', iss: owner, sub: owner, aud: audience, user: USER, iat, exp: iat + 60 };
  return jwt.sign(claims, SERVICE_SECRET);
}
