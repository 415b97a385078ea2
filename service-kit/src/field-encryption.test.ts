import { compactDecrypt, CompactEncrypt } from 'jose';
import { BlindIndex, FieldCipher, SealedFieldError } from './field-encryption';
import { firstOf } from './key-ring';
import { aKeyRing } from './testing';

const ring = aKeyRing('k1');
const cipher = new FieldCipher(ring);
const place = { field: 'users.email', row: '42' };
const text = 'Ünïcode ✉ ann@example.com';
const sealed = cipher.seal(text, place);

describe('a sealed value', () => {
  test.each([text, '', 'x'.repeat(10_000)])('when it is opened in its place, then it is as it was (%#)', (value) => {
    expect(cipher.open(cipher.seal(value, place), place)).toBe(value);
  });

  test('when the same is sealed twice, then it looks different each time, and shows nothing', () => {
    expect(cipher.seal(text, place)).not.toBe(sealed);
    expect(Buffer.from(sealed.split('.').join(''), 'base64url').toString('latin1')).not.toContain('ann@');
  });

  test('when jose reads it, or has made it, then both understand the same', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, firstOf(ring).key);
    expect(Buffer.from(plaintext).toString()).toBe(text);
    expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', kid: 'k1', ...place });
    const jwe = new CompactEncrypt(Buffer.from(text)).setProtectedHeader(protectedHeader);
    expect(cipher.open(await jwe.encrypt(firstOf(ring).key), place)).toBe(text);
  });

  test.each([
    ['another row', { field: 'users.email', row: '43' }],
    ['another column', { field: 'users.name', row: '42' }],
  ])('when it is put into %s, then it is refused', (_what, elsewhere) => {
    expect(() => cipher.open(sealed, elsewhere)).toThrow('it was moved here from another place');
  });

  test('when its header is changed to say that it belongs there, then it is refused', () => {
    const [, ...rest] = sealed.split('.');
    const header = { alg: 'dir', enc: 'A256GCM', kid: 'k1', field: 'users.email', row: '43' };
    const forged = [Buffer.from(JSON.stringify(header)).toString('base64url'), ...rest].join('.');
    expect(() => cipher.open(forged, { ...place, row: '43' })).toThrow('the value was changed');
  });

  test.each([2, 3, 4])('when a letter of its part %i is another, then it is refused', (part) => {
    const parts = sealed.split('.');
    const first = parts[part]?.startsWith('A') ? 'B' : 'A';
    parts[part] = `${first}${parts[part]?.slice(1)}`;
    expect(() => cipher.open(parts.join('.'), place)).toThrow('the value was changed');
  });

  test('when its tag is cut short, then it is refused', () => {
    const parts = sealed.split('.');
    parts[4] = parts[4]?.slice(0, 6) ?? '';
    expect(() => cipher.open(parts.join('.'), place)).toThrow('the value was changed');
  });

  test.each(['', 'ann@example.com', 'a.b.c.d.e', '{}', 'e30....'])(
    'when it is none (%j), then it is refused',
    (value) => {
      expect(() => cipher.open(value, place)).toThrow(SealedFieldError);
    },
  );

  test('when keys change, then the first seals, both open, and what is left to do shows', () => {
    const both = new FieldCipher(new Map([...aKeyRing('k2'), ...ring]));
    expect([both.open(sealed, place), both.isCurrent(sealed)]).toEqual([text, false]);
    const fresh = both.seal(text, place);
    expect([both.open(fresh, place), both.isCurrent(fresh)]).toEqual([text, true]);
    expect(() => cipher.open(fresh, place)).toThrow('users.email of 42 cannot be opened: no key named "k2"');
    expect(() => new FieldCipher(aKeyRing('k1')).open(sealed, place)).toThrow('the key named "k1" is another one');
  });
});

describe('a blind index', () => {
  const index = new BlindIndex(ring);

  test('when values, purposes and keys are equal, then it is equal, and only then', () => {
    const of = index.of('email', 'ann@example.com');
    expect(of).toHaveLength(32);
    expect(new BlindIndex(ring).of('email', 'ann@example.com')).toEqual(of);
    expect(index.of('email', 'anna@example.com')).not.toEqual(of);
    expect(index.of('name', 'ann@example.com')).not.toEqual(of);
    expect(new BlindIndex(aKeyRing('k1')).of('email', 'ann@example.com')).not.toEqual(of);
  });
});
