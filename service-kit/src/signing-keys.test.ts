import { createHmac } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { SigningKeys } from './signing-keys';

const OLD = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';
const NEW = 'Zp3vN8wQ1rYk6tLm0sXc4bGh7dJf2aUe9iKo5yTn=';
const FOREIGN = 'of somebody else, who may be anybody: 0123456789';
const rotating = new SigningKeys(`${NEW}, ${OLD}`);
const kidOf = (secret: string) => new SigningKeys(secret).kid;

/** As an attacker writes it: no library has a say in the header. */
function aToken(header: unknown, secret: string, payload: unknown = { sub: 'u1' }): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** What verifies with the key that was picked. */
function claimsOf(token: string, keys = rotating): unknown {
  const key = keys.keyOf(token);
  if (!key) throw new Error('no key');
  return jwt.verify(token, key, { algorithms: ['HS256'] });
}

const HEADER = { alg: 'HS256', typ: 'JWT' };

describe('the keys of tokens', () => {
  test('when there are two, then the first signs, and each is found by its name', () => {
    expect(rotating.kid).toBe(kidOf(NEW));
    expect(rotating.named().kid).toBe(kidOf(NEW));
    expect(rotating.named(kidOf(OLD)).key.equals(new SigningKeys(OLD).named().key)).toBe(true);
  });

  test('when a key is not there any more, then the first signs in its place', () => {
    expect(new SigningKeys(NEW).named(kidOf(OLD)).kid).toBe(kidOf(NEW));
    expect(rotating.named(null).kid).toBe(kidOf(NEW));
  });

  test('when a key has a name, then it is short and no part of the secret', () => {
    expect(kidOf(OLD)).toMatch(/^[\w-]{10}$/);
    expect(OLD).not.toContain(kidOf(OLD).slice(0, 4));
    expect(kidOf(OLD)).not.toBe(kidOf(NEW));
  });

  test.each([OLD, NEW])('when a token names one of the keys, then it is verified with this one', (secret) => {
    expect(claimsOf(aToken({ ...HEADER, kid: kidOf(secret) }, secret))).toMatchObject({ sub: 'u1' });
  });

  test.each([OLD, NEW])('when a token is from before keys had names, then each of them is tried', (secret) => {
    expect(claimsOf(aToken(HEADER, secret))).toMatchObject({ sub: 'u1' });
    const expired = aToken(HEADER, secret, { exp: 1 });
    expect(() => claimsOf(expired)).toThrow('jwt expired');
  });

  const jwk = { kty: 'oct', k: Buffer.from(FOREIGN).toString('base64url'), alg: 'HS256' };
  test.each<[string, object, string]>([
    ['names a key that is none of ours', { kid: 'k1' }, NEW],
    ['names a key that has been taken away', { kid: kidOf(FOREIGN) }, FOREIGN],
    ['names another key than it was signed with', { kid: kidOf(OLD) }, NEW],
    ['has an empty name for its key', { kid: '' }, NEW],
    ['has null for a name', { kid: null }, NEW],
    ['has a list of names', { kid: [kidOf(NEW)] }, NEW],
    ['names a property that every object has', { kid: '__proto__' }, NEW],
    ['names a file', { kid: '../../dev/null' }, ''],
    ['brings its key along', { kid: kidOf(NEW), jwk }, FOREIGN],
    ['brings its key along, without a name', { jwk }, FOREIGN],
    ['says where its key is', { jku: 'https://attacker.example/keys.json' }, FOREIGN],
    ['says where its certificate is', { x5u: 'https://attacker.example/chain.pem', x5c: ['MIIB'] }, FOREIGN],
    ['is not signed', { alg: 'none', kid: kidOf(NEW) }, NEW],
    ['is not signed, and names no key', { alg: 'none' }, NEW],
    ['says another algorithm', { alg: 'HS512', kid: kidOf(NEW) }, NEW],
    ['says an algorithm with public keys', { alg: 'RS256', kid: kidOf(NEW) }, NEW],
  ])('when a token %s, then it is refused', (_what, header, secret) => {
    expect(() => claimsOf(aToken({ ...HEADER, ...header }, secret))).toThrow(/^(no key|invalid)/);
  });

  test.each(['', '.', '..', 'word', 'bnVsbA.e30.x', '%%%.e30.x', 'WzFd.e30.x', '{}.{}.{}'])(
    'when it is no token (%j), then it has no key',
    (text) => {
      expect(rotating.keyOf(text)).toBeUndefined();
    },
  );
});
