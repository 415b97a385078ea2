import jwt from 'jsonwebtoken';
import { ServiceTokens } from './service-tokens';

const SECRET = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';
const gateway = new ServiceTokens('api-gateway', SECRET);
const orders = new ServiceTokens('orders-service', SECRET);

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: object = {}) => ({
  typ: 'service',
  iss: 'api-gateway',
  sub: 'api-gateway',
  aud: 'orders-service',
  iat: now(),
  exp: now() + 60,
  ...changes,
});
const sign = (payload: object, secret = SECRET, options: jwt.SignOptions = {}) => jwt.sign(payload, secret, options);
const without = (name: string) => {
  const rest: Record<string, unknown> = claims();
  delete rest[name];
  return rest;
};

describe('ServiceTokens', () => {
  it('when a token is for this app, then caller and end user are known', () => {
    const token = gateway.issue('orders-service', { id: 'u1', role: 'admin' });
    expect(orders.verify(token)).toEqual({ caller: 'api-gateway', user: { id: 'u1', role: 'admin' } });
  });

  it('when nobody is signed in, then the token names the caller alone', () => {
    expect(orders.verify(gateway.issue('orders-service'))).toEqual({ caller: 'api-gateway', user: undefined });
  });

  it('when issued, then it lives 60 seconds and has its own id', () => {
    const { iat, exp, jti } = jwt.decode(gateway.issue('orders-service')) as jwt.JwtPayload;
    expect((exp ?? 0) - (iat ?? 0)).toBe(60);
    expect(jti).toEqual(expect.any(String));
  });

  it('when asked again for another user or role, then no token is shared', () => {
    const tokens = [
      gateway.issue('orders-service', { id: 'u1', role: 'admin' }),
      gateway.issue('orders-service', { id: 'u1', role: 'customer' }),
      gateway.issue('orders-service', { id: 'u2', role: 'customer' }),
      gateway.issue('users-service', { id: 'u2', role: 'customer' }),
    ];
    expect(new Set(tokens).size).toBe(4);
  });

  it.each([
    ['is empty', ''],
    ['is no token', 'not.a.token'],
    ['is for another app', gateway.issue('products-service')],
    ['was signed with another secret', sign(claims(), 'another-key-another-key-another-key')],
    ['names a key that is none of ours', sign(claims(), SECRET, { keyid: 'k1' })],
    ['has expired', sign(claims({ iat: now() - 120, exp: now() - 60 }))],
    ['never expires', sign(without('exp'))],
    ['lives for too long', sign(claims({ exp: now() + 3600 }))],
    ['comes from the future', sign(claims({ iat: now() + 3600, exp: now() + 3660 }))],
    ['is an access token', sign(claims({ typ: 'access' }))],
    ['has no subject', sign(without('sub'))],
    ['has another issuer than subject', sign(claims({ iss: 'users-service' }))],
    ['has no audience', sign(without('aud'))],
    ['has a user with an invented role', sign(claims({ user: { id: 'u1', role: 'root' } }))],
    ['has a user without id', sign(claims({ user: { role: 'admin' } }))],
    ['uses alg none', jwt.sign(claims(), '', { algorithm: 'none' })],
    ['uses another algorithm', sign(claims(), SECRET, { algorithm: 'HS512' })],
  ])('when a token %s, then it is refused', (_why, token) => {
    expect(() => orders.verify(token)).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED' }));
  });

  describe('while the secret changes', () => {
    const NEW = 'Zp3vN8wQ1rYk6tLm0sXc4bGh7dJf2aUe9iKo5yTn=';
    const steps = [SECRET, `${SECRET},${NEW}`, `${NEW},${SECRET}`, NEW];

    it.each([0, 1, 2])(
      'when one app is at step %i and another at the next, then each takes the other at its word',
      (i) => {
        const [behind = '', ahead = ''] = steps.slice(i, i + 2);
        for (const [caller, callee] of [
          [behind, ahead],
          [ahead, behind],
        ] as const) {
          const token = new ServiceTokens('api-gateway', caller).issue('orders-service');
          expect(new ServiceTokens('orders-service', callee).verify(token).caller).toBe('api-gateway');
        }
      },
    );

    it('when the old secret has gone, then what it signed is refused', () => {
      const token = new ServiceTokens('api-gateway', steps[0] ?? '').issue('orders-service');
      const after = new ServiceTokens('orders-service', steps[3] ?? '');
      expect(() => after.verify(token)).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED' }));
    });

    it('when a token is from before keys had names, then it is accepted', () => {
      expect(new ServiceTokens('orders-service', steps[2] ?? '').verify(sign(claims())).caller).toBe('api-gateway');
    });
  });

  it('when a byte of the payload was changed, then it is refused', () => {
    const [header, payload = '', signature] = gateway
      .issue('orders-service', { id: 'u1', role: 'customer' })
      .split('.');
    const forged = Buffer.from(payload, 'base64url').toString().replace('customer', 'admin');
    const token = [header, Buffer.from(forged).toString('base64url'), signature].join('.');
    expect(() => orders.verify(token)).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED' }));
  });

  it('when a token was accepted before and expires, then it is refused', async () => {
    const at = now();
    const token = sign(claims({ iat: at - 58, exp: at + 2 }));
    expect(orders.verify(token).caller).toBe('api-gateway');
    await new Promise((resolve) => setTimeout(resolve, 2100));
    expect(() => orders.verify(token)).toThrow(expect.objectContaining({ reason: 'UNAUTHENTICATED' }));
  });
});
