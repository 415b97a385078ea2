import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { firstOf, type KeyRing } from './key-ring';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Where a sealed value belongs. It is under the seal, so that nobody moves the value to another row or column. */
export interface FieldPlace {
  /** "<table>.<column>". */
  readonly field: string;
  readonly row: string;
}

/**
 * Seals single values of rows as compact JWE (RFC 7516, "dir" with A256GCM), with the first key of its ring; opens what any
 * of them has sealed. Without jose, whose detour over WebCrypto costs ten times as much: a list has hundreds of values.
 */
export class FieldCipher {
  constructor(private readonly ring: KeyRing) {}

  seal(text: string, { field, row }: FieldPlace): string {
    const { kid, key } = firstOf(this.ring);
    const header = encode(JSON.stringify({ alg: 'dir', enc: 'A256GCM', kid, field, row }));
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(header));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return [header, '', encode(iv), encode(body), encode(cipher.getAuthTag())].join('.');
  }

  /** @throws SealedFieldError when it was sealed with a key that is not here, was changed, or belongs elsewhere. */
  open(sealed: string, place: FieldPlace): string {
    const { kid, field, row } = headerOf(sealed);
    const key = typeof kid === 'string' && this.ring.get(kid);
    if (!key) throw new SealedFieldError(place, `no key named "${String(kid)}"`);
    const text = decrypt(sealed, key);
    if (text === undefined) {
      throw new SealedFieldError(place, `the key named "${kid}" is another one, or the value was changed`);
    }
    if (field !== place.field || row !== place.row) {
      throw new SealedFieldError(place, 'it was moved here from another place');
    }
    return text;
  }

  /** Whether the first key has sealed it. */
  isCurrent(sealed: string): boolean {
    return headerOf(sealed).kid === firstOf(this.ring).kid;
  }
}

/** Says which value it is, never what is in it. */
export class SealedFieldError extends Error {
  constructor({ field, row }: FieldPlace, reason: string) {
    super(`${field} of ${row} cannot be opened: ${reason}`);
  }
}

/** Finds equal values without reading them: a keyed hash, which nobody without the key can compute. */
export class BlindIndex {
  private readonly key: KeyObject;

  constructor(ring: KeyRing) {
    this.key = firstOf(ring).key;
  }

  /** Values of different `purpose` never have the same one. */
  of(purpose: string, value: string): Buffer {
    return createHmac('sha256', this.key).update(`${purpose}\0${value}`).digest();
  }
}

// The header is under the seal as additional data, so what it says is true once this has not failed.
function decrypt(sealed: string, key: KeyObject): string | undefined {
  const [header = '', , iv = '', body = '', tag = ''] = sealed.split('.');
  try {
    const decipher = createDecipheriv(CIPHER, key, decode(iv), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(header)).setAuthTag(decode(tag));
    return decipher.update(decode(body), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return undefined;
  }
}

function headerOf(sealed: string): Record<string, unknown> {
  try {
    return JSON.parse(decode(sealed.slice(0, sealed.indexOf('.'))).toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function encode(bytes: string | Buffer): string {
  return Buffer.from(bytes as string).toString('base64url');
}

function decode(text: string): Buffer {
  return Buffer.from(text, 'base64url');
}
