import { randomBytes, scrypt as scryptCallback, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { DomainError, type FieldError } from '@shop/service-kit';
import { compare, genSaltSync, hash } from 'bcrypt';
import type { UsersConfig } from '../config';
import type { BoundedQueue } from './bounded-queue';
import { COMMON_PASSWORDS } from './common-passwords';

const MIN_CHARACTERS = 8;
/** bcrypt reads no further, so a longer password would be cut silently. */
const BCRYPT_MAX_BYTES = 72;
const SCRYPT_MAX_CHARACTERS = 128;
const SCRYPT: ScryptOptions & { N: number; r: number; p: number } = { N: 2 ** 15, r: 8, p: 3, maxmem: 128 * 2 ** 20 };
const SCRYPT_KEY_BYTES = 32;
const SCRYPT_MARK = 'scrypt$';

/** Whose password it will be. */
export interface Owner {
  readonly email: string;
  readonly name: string;
}

type PasswordSettings = Pick<UsersConfig, 'PASSWORD_ALGORITHM' | 'BCRYPT_COST'>;

/** Hashes and checks passwords, no more at once than there are cores to spare. */
export class Passwords {
  private readonly nobodys: string;

  constructor(
    private readonly settings: PasswordSettings,
    private readonly queue: BoundedQueue,
  ) {
    this.nobodys =
      settings.PASSWORD_ALGORITHM === 'scrypt' ? unmatchableScrypt() : unmatchableBcrypt(settings.BCRYPT_COST);
  }

  /** @throws DomainError VALIDATION_FAILED for a password that is too short, too long or too easily guessed; UNAVAILABLE. */
  async hash(password: string, owner?: Owner): Promise<string> {
    const problem = problemOf(password, owner, this.settings.PASSWORD_ALGORITHM);
    if (problem) throw new DomainError('VALIDATION_FAILED', { fields: [problem] });
    return this.rehash(password);
  }

  /** As hash, for a password that is in use already: today's policy does not apply to it. */
  rehash(password: string): Promise<string> {
    const { BCRYPT_COST } = this.settings;
    return this.queue.run(() => (this.isForScrypt(password) ? hashScrypt(password) : hash(password, BCRYPT_COST)));
  }

  /**
   * Without a stored hash the answer is no, after the same work: its time does not tell whether an address is known.
   * @throws DomainError UNAVAILABLE when too many are waiting.
   */
  async verify(password: string, stored: string = this.nobodys): Promise<boolean> {
    if (stored.startsWith(SCRYPT_MARK)) return this.queue.run(() => verifyScrypt(password, stored));
    // bcrypt would compare the first 72 bytes only, and call more of them a match.
    return (await this.queue.run(() => compare(password, stored))) && fitsBcrypt(password);
  }

  /** True when the stored hash of this password was made with another algorithm or cost than it would be now. */
  isOutdated(stored: string, password: string): boolean {
    if (this.isForScrypt(password)) return !stored.startsWith(scryptPrefix());
    return !stored.startsWith(`$2b$${String(this.settings.BCRYPT_COST).padStart(2, '0')}$`);
  }

  // One that was chosen while scrypt was may be too long for bcrypt, and stays as it is.
  private isForScrypt(password: string): boolean {
    return this.settings.PASSWORD_ALGORITHM === 'scrypt' || !fitsBcrypt(password);
  }
}

function fitsBcrypt(password: string): boolean {
  return Buffer.byteLength(password) <= BCRYPT_MAX_BYTES;
}

/** What is wrong with a new password, if anything. Composition rules make worse passwords, so there are none. */
export function problemOf(
  password: string,
  owner?: Owner,
  algorithm: PasswordSettings['PASSWORD_ALGORITHM'] = 'bcrypt',
): FieldError | undefined {
  const field = 'password';
  const characters = [...password].length;
  if (characters < MIN_CHARACTERS) return { field, message: `password must have ${MIN_CHARACTERS} characters or more` };
  if (algorithm === 'bcrypt' && !fitsBcrypt(password))
    return { field, message: `password must not be longer than ${BCRYPT_MAX_BYTES} bytes of UTF-8` };
  if (characters > SCRYPT_MAX_CHARACTERS)
    return { field, message: `password must not be longer than ${SCRYPT_MAX_CHARACTERS} characters` };
  if (COMMON_PASSWORDS.has(password.toLowerCase())) return { field, message: 'password is among the most common ones' };
  if (owner && wordsOf(owner).includes(password.toLowerCase()))
    return { field, message: 'password must not be the name or the email address' };
  return undefined;
}

// What is tried first on an account.
function wordsOf({ email, name }: Owner): string[] {
  return [email, email.split('@')[0] ?? '', name].map((word) => word.toLowerCase());
}

// Well-formed hashes that no password has: comparing with one costs as much as with any other.
function unmatchableBcrypt(cost: number): string {
  return genSaltSync(cost) + '.'.repeat(31);
}

function unmatchableScrypt(): string {
  return `${scryptPrefix()}${randomBytes(16).toString('base64')}$${randomBytes(SCRYPT_KEY_BYTES).toString('base64')}`;
}

function scryptPrefix(): string {
  return `${SCRYPT_MARK}${SCRYPT.N}$${SCRYPT.r}$${SCRYPT.p}$`;
}

async function hashScrypt(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await deriveScrypt(password, salt, SCRYPT);
  return `${scryptPrefix()}${salt.toString('base64')}$${key.toString('base64')}`;
}

async function verifyScrypt(password: string, stored: string): Promise<boolean> {
  const [, n, r, p, salt = '', key = ''] = stored.split('$');
  const expected = Buffer.from(key, 'base64');
  const options = { N: Number(n), r: Number(r), p: Number(p), maxmem: SCRYPT.maxmem };
  const actual = await deriveScrypt(password, Buffer.from(salt, 'base64'), options);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function deriveScrypt(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scryptCallback(password, salt, SCRYPT_KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
