import { BoundedQueue } from './bounded-queue';
import { COMMON_PASSWORDS } from './common-passwords';
import { Passwords, problemOf } from './passwords';

const queue = () => new BoundedQueue(2);
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

  test.each(['lovelace@example.com', 'Lovelace', 'ADA LOVELACE'])(
    'when a new password is %s, which is who it belongs to, then it is refused',
    (password) => {
      const owner = { email: 'Lovelace@example.com', name: 'Ada Lovelace' };
      expect(problemOf(password, owner)?.message).toContain('name or the email');
      expect(problemOf(`${password}, 1815`, owner)).toBeUndefined();
    },
  );

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
    expect(scrypt().isOutdated(stored, 'correct horse battery')).toBe(true);
    expect(bcrypt().isOutdated(stored, 'correct horse battery')).toBe(false);
  });

  test('when scrypt is chosen, then hashes name it and verify', async () => {
    const stored = await scrypt().hash('correct horse battery');
    expect(stored).toMatch(/^scrypt\$/);
    expect(await scrypt().verify('correct horse battery', stored)).toBe(true);
    expect(await scrypt().verify('wrong horse battery', stored)).toBe(false);
  });

  test('when scrypt is chosen, then passwords of 128 characters are taken, all of them count, and more are refused', async () => {
    const password = 'é'.repeat(128);
    const stored = await scrypt().hash(password);
    expect(await scrypt().verify(password, stored)).toBe(true);
    expect(await scrypt().verify(`${password.slice(0, -1)}e`, stored)).toBe(false);
    await expect(scrypt().hash(`${password}é`)).rejects.toMatchObject({ fields: [{ field: 'password' }] });
  });

  test('when bcrypt is chosen again, then a password that it would cut keeps its hash, and others are renewed', async () => {
    const long = 'k'.repeat(80);
    const stored = await scrypt().hash(long);
    expect(await bcrypt().verify(long, stored)).toBe(true);
    expect(bcrypt().isOutdated(stored, long)).toBe(false);
    expect(await bcrypt().rehash(long)).toMatch(/^scrypt\$/);
    const short = await scrypt().hash('correct horse battery');
    expect(bcrypt().isOutdated(short, 'correct horse battery')).toBe(true);
  });

  test('when nobody has the address, then the answer is no after the work of one comparison', async () => {
    const settings = { PASSWORD_ALGORITHM: 'bcrypt', BCRYPT_COST: 10 } as const;
    const passwords = new Passwords(settings, queue());
    const stored = await passwords.hash('correct horse battery');
    const known = await workOf(() => passwords.verify('wrong horse battery', stored));
    const unknown = await workOf(() => passwords.verify('wrong horse battery'));
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });

  test.each([bcrypt, scrypt])('when nobody has the address, then no password matches (%p)', async (make) => {
    expect(await make().verify('anything at all')).toBe(false);
  });

  test('when a password contains NUL, then what follows counts', async () => {
    const stored = await bcrypt().hash('abcd\0efgh');
    expect(await bcrypt().verify('abcd\0xxxx', stored)).toBe(false);
    expect(await bcrypt().verify('abcd\0efgh', stored)).toBe(true);
  });

  test('when a stored hash was made with another cost, then it counts as outdated', async () => {
    const stored = await bcrypt().hash('correct horse battery');
    expect(
      new Passwords({ PASSWORD_ALGORITHM: 'bcrypt', BCRYPT_COST: 5 }, queue()).isOutdated(
        stored,
        'correct horse battery',
      ),
    ).toBe(true);
  });

  test('when the list of common passwords is read, then it has 3,000', () => {
    expect(COMMON_PASSWORDS.size).toBe(3000);
  });
});

/** The least work of five times, in microseconds of this process: what else runs on the machine is not in it. */
async function workOf(task: () => Promise<unknown>): Promise<number> {
  const work: number[] = [];
  for (let i = 0; i < 5; i++) {
    const before = process.cpuUsage();
    await task();
    const { user, system } = process.cpuUsage(before);
    work.push(user + system);
  }
  return Math.min(...work);
}
