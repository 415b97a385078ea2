import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

export interface Jwt {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: string;
}

export function readJwt(token: string): Jwt {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return { header: decode(header), claims: decode(claims), signature };
}

/** As whoever has the secret could make it. */
export function signed(
  secret: string,
  { header, claims }: Pick<Jwt, 'header' | 'claims'>,
  algorithm = 'sha256',
): string {
  const content = contentOf(header, claims);
  return `${content}.${createHmac(algorithm, secret).update(content).digest('base64url')}`;
}

/** A genuine token as it was an hour after its end. */
export function expired(secret: string, { header, claims }: Pick<Jwt, 'header' | 'claims'>): string {
  const past = Math.floor(Date.now() / 1000) - 3600;
  return signed(secret, { header, claims: { ...claims, iat: past - 900, exp: past } });
}

/** Tokens made from a genuine one by somebody who does not know the secret: each is named, and none may be let in. */
export function forgedFrom(token: string): Record<string, string> {
  const { header, claims, signature } = readJwt(token);
  const [head = '', body = ''] = token.split('.');
  const admin = { ...claims, role: 'admin' };
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const byOwnKey = (more: object) => {
    const content = contentOf({ ...header, alg: 'RS256', ...more }, admin);
    return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`;
  };
  const unsigned = (alg: string) => `${contentOf({ ...header, alg }, claims)}.`;
  return {
    'alg none': unsigned('none'),
    'alg None': unsigned('None'),
    'alg NONE with the genuine signature': `${contentOf({ ...header, alg: 'NONE' }, claims)}.${signature}`,
    'no alg': `${contentOf({ ...header, alg: undefined }, claims)}.${signature}`,
    'alg HS512': `${contentOf({ ...header, alg: 'HS512' }, claims)}.${signature}`,
    'RS256 with a key of its own as jwk': byOwnKey({ jwk }),
    'RS256 with a jku': byOwnKey({ jku: 'https://attacker.example/keys.json' }),
    'RS256 with an x5u': byOwnKey({ x5u: 'https://attacker.example/cert.pem' }),
    'RS256 with x5c': byOwnKey({ x5c: [Buffer.from(pem).toString('base64')] }),
    'HS256 with a public key as secret': signed(pem, { header, claims: admin }),
    'HS256 with an empty secret': signed('', { header, claims: admin }),
    'HS256 with the issuer as secret': signed(String(claims.iss), { header, claims: admin }),
    'kid that is a path': signed('', { header: { ...header, kid: '../../../../dev/null' }, claims }),
    'kid that is SQL': signed('x', { header: { ...header, kid: "' UNION SELECT 'x" }, claims }),
    'kid of every object': signed('x', { header: { ...header, kid: '__proto__' }, claims }),
    'an unknown kid': signed('x', { header: { ...header, kid: 'another' }, claims }),
    'crit that nobody knows': `${contentOf({ ...header, crit: ['exp'], exp: 1 }, claims)}.${signature}`,
    'other claims': `${head}.${encode(admin)}.${signature}`,
    'another header': `${encode({ ...header, typ: 'at+jwt' })}.${body}.${signature}`,
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${token}.${signature}`,
    'a signature that is cut short': token.slice(0, -2),
    'a signature with a letter more': `${token}A`,
    'another first letter': `x${token.slice(1)}`,
    'no claims': `${head}..${signature}`,
    'an encrypted one': `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.BBBB.CCCC`,
    'the token in quotes': `"${token}"`,
    'a long one': 'a.'.repeat(4000),
  };
}

/** What even the right secret does not make good: wrong by its claims. */
export function misusedClaims(claims: Record<string, unknown>): Record<string, Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  return {
    'another issuer': { ...claims, iss: 'somebody-else' },
    'no issuer': without('iss'),
    'another audience': { ...claims, aud: 'shop-refresh' },
    'no audience': without('aud'),
    'another typ': { ...claims, typ: 'refresh' },
    'no typ': without('typ'),
    'no exp': without('exp'),
    'an exp that is a text': { ...claims, exp: String(claims.exp) },
    'an nbf to come': { ...claims, nbf: now + 3600 },
    'another user': { ...claims, sub: '00000000-0000-4000-8000-000000000000' },
    'no user': without('sub'),
    'another session': { ...claims, sid: '00000000-0000-4000-8000-000000000000' },
    'no session': without('sid'),
    'no jti': without('jti'),
    'a generation that is a text': { ...claims, gen: '0' },
  };
}

function contentOf(header: object, claims: object): string {
  return `${encode(header)}.${encode(claims)}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}
