import { BlindIndex, FieldCipher, SealedFieldError } from '@shop/service-kit';
import type { FieldKeys } from '../config';
import type { StoredUser, UserRow } from '../users/user-row';
import { searchPrefixes, wordsOf } from './search-words';

/** Of 32 bytes: two beginnings of the same sixteen are not to be feared, and rows stay small. */
const TOKEN_BYTES = 16;
/** What a change of FIELD_KEY seals anew. */
export const SEALED_COLUMNS = [
  { table: 'users', column: 'email_sealed' },
  { table: 'users', column: 'name_sealed' },
  { table: 'audit_records', column: 'ip_sealed' },
];

type SealedPerson = Pick<StoredUser, 'id' | 'email_sealed' | 'name_sealed'>;

export interface PersonalColumns extends Pick<StoredUser, 'email_sealed' | 'email_index' | 'name_sealed'> {
  email_tokens: Buffer[];
  name_tokens: Buffer[];
}

/** What is personal, as it is kept: sealed, and found again by keyed hashes. */
export class PersonalData {
  readonly cipher: FieldCipher;
  private readonly index: BlindIndex;

  constructor({ FIELD_KEY, BLIND_INDEX_KEY }: FieldKeys) {
    this.cipher = new FieldCipher(FIELD_KEY);
    this.index = new BlindIndex(BLIND_INDEX_KEY);
  }

  /** The columns of user `id` that keep these; those of what is not given are left out. */
  columnsOf(id: string, { email, name }: { email?: string; name?: string }): Partial<PersonalColumns> {
    return {
      ...(email === undefined
        ? {}
        : { email_sealed: this.cipher.seal(email, emailOf(id)), ...this.emailIndexes(email) }),
      ...(name === undefined
        ? {}
        : { name_sealed: this.cipher.seal(name, nameOf(id)), name_tokens: this.nameTokens(name) }),
    };
  }

  /** @throws SealedFieldError for a row that was sealed or indexed with other keys, or changed. */
  open({ email_sealed, email_index, name_sealed, ...row }: StoredUser): UserRow {
    const person = this.read({ id: row.id, email_sealed, name_sealed });
    if (!this.finds(person, { email_index })) throw new SealedFieldError(emailOf(row.id), INDEX_DIFFERS);
    return { ...row, ...person };
  }

  read({ id, email_sealed, name_sealed }: SealedPerson): Pick<UserRow, 'email' | 'name'> {
    return {
      email: this.cipher.open(email_sealed, emailOf(id)),
      name: this.cipher.open(name_sealed, nameOf(id)),
    };
  }

  /** Whether the row is found by its own address. */
  finds({ email }: Pick<UserRow, 'email'>, { email_index }: Pick<StoredUser, 'email_index'>): boolean {
    return this.emailIndex(email).equals(email_index);
  }

  emailIndex(email: string): Buffer {
    return this.index.of('email', foldEmail(email));
  }

  /** By which an address is found: whole, and by its beginnings. */
  emailIndexes(email: string): Pick<PersonalColumns, 'email_index' | 'email_tokens'> {
    return { email_index: this.emailIndex(email), email_tokens: this.tokens('email', [foldEmail(email)]) };
  }

  /** By which a name is found: the beginnings of its words. */
  nameTokens(name: string): Buffer[] {
    return this.tokens('name', wordsOf(name));
  }

  /** What the tokens of a row must have, all of either, so that `search` is the start of its address or of words of its name. */
  searched(search: string): { email: Buffer[]; name: Buffer[] } {
    const token = (purpose: string) => (text: string) => this.token(purpose, text);
    return { email: [foldEmail(search)].map(token('email')), name: wordsOf(search).map(token('name')) };
  }

  /** A network address in the trail; '' where there is none. */
  sealIp(ip: string, recordId: string): string {
    return ip && this.cipher.seal(ip, ipOf(recordId));
  }

  openIp(sealed: string, recordId: string): string {
    return sealed && this.cipher.open(sealed, ipOf(recordId));
  }

  private tokens(purpose: string, words: readonly string[]): Buffer[] {
    return [...new Set(words.flatMap(searchPrefixes))].map((prefix) => this.token(purpose, prefix));
  }

  private token(purpose: string, text: string): Buffer {
    return this.index.of(`start of ${purpose}`, text).subarray(0, TOKEN_BYTES);
  }
}

const INDEX_DIFFERS = 'its blind index is of another BLIND_INDEX_KEY, or was changed';

const emailOf = (row: string) => ({ field: 'users.email_sealed', row });
const nameOf = (row: string) => ({ field: 'users.name_sealed', row });
const ipOf = (row: string) => ({ field: 'audit_records.ip_sealed', row });

// Addresses are ASCII; an exotic letter in a search or sign-in stays what it is, and finds nobody.
function foldEmail(email: string): string {
  return email.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
