import { BoundedQueue } from './bounded-queue';
import { Passwords, problemOf } from './passwords';

const queue = () => new BoundedQueue(2, 10);
const bcrypt = () => new Passwords({ PASSWORD_ALGORITHM: 'bcrypt', BCRYPT_COST: 4 }, queue());
const scrypt = () => new Passwords({ PASSWORD_ALGORITHM: 'scrypt', BCRYPT_COST: 4 }, queue());

describe('passwords', () => {
  test.each([
    ['short12', 'characters'],
    ['a'.repeat(73), 'bytes'],
    ['é'.repeat(37), 'bytes'],
    ['password1', 'common'],
    ['PassWord1', 'common'],
  ])('when a new password is %s, then it is refused', (password, why) => {
    expect(problemOf(password)?.message).toContain(why);
  });

  test('when a password has exactly 72 bytes, then it is taken whole', async () => {
    const password = `x${'é'.repeat(35)}z`;
    const stored = await bcrypt().hash(password);
    expect(await bcrypt().verify(password, stored)).toBe(true);
    expect(await bcrypt().verify(`${password.slice(0, -1)}y`, stored)).toBe(false);
  });

  test('when somebody signs in with more than 72 bytes, then the rest is not ignored', async () => {
    const stored = await bcrypt().hash('k'.repeat(72));
    expect(await bcrypt().verify('k'.repeat(73), stored)).toBe(false);
  });

  test('when the algorithm is changed, then old hashes verify and count as outdated', async () => {
    const stored = await bcrypt().hash('correct horse battery');
    expect(await scrypt().verify('correct horse battery', stored)).toBe(true);
    expect(scrypt().isOutdated(stored)).toBe(true);
    expect(bcrypt().isOutdated(stored)).toBe(false);
  });

  test('when scrypt is chosen, then hashes name it and verify', async () => {
    const stored = await scrypt().hash('correct horse battery');
    expect(stored).toMatch(/^scrypt\$/);
    expect(await scrypt().verify('correct horse battery', stored)).toBe(true);
    expect(await scrypt().verify('wrong horse battery', stored)).toBe(false);
  });

  test('when more wait than may, then the rest is shed at once', async () => {
    const small = new BoundedQueue(1, 1);
    let release = (): void => undefined;
    const blocked = small.run(() => new Promise<void>((resolve) => (release = resolve)));
    const waiting = small.run(() => Promise.resolve('later'));
    await expect(small.run(() => Promise.resolve())).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    release();
    await blocked;
    expect(await waiting).toBe('later');
  });
});
