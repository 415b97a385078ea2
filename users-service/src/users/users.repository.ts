import { Injectable } from '@nestjs/common';
import { cutPage, DomainError, isUuid, offsetOf, type Page, positionOf } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';

export interface UserRow {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  role: 'customer' | 'admin';
  disabled: boolean;
  created_at: Date;
  updated_at: Date;
}

const CHANGEABLE = ['email', 'name', 'password_hash', 'role', 'disabled'] as const;
export type UserChanges = Partial<Pick<UserRow, (typeof CHANGEABLE)[number]>>;

// Only ever forward, also when changes overtake each other: others order what they know of an account by it.
const NEXT_UPDATED_AT =
  "greatest(date_trunc('milliseconds', clock_timestamp()), updated_at + interval '1 millisecond')";
const UNIQUE_VIOLATION = '23505';

/** Rows of `users`. Writes take the transaction they belong to. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: DataSource) {}

  /** @throws DomainError NOT_FOUND for an unknown, erased or malformed id. */
  async get(id: string): Promise<UserRow> {
    const sql = 'SELECT * FROM users WHERE id = $1 AND erased_at IS NULL';
    const rows = isUuid(id) ? await this.database.query<UserRow[]>(sql, [id]) : [];
    return rows[0] ?? notFound();
  }

  async findByEmail(email: string): Promise<UserRow | undefined> {
    const sql = 'SELECT * FROM users WHERE lower(email) = lower($1) AND erased_at IS NULL';
    return (await this.database.query<UserRow[]>(sql, [email]))[0];
  }

  /** Newest first; `search` is the start of an address, or of words of a name. */
  async list(page: Page, search: string): Promise<{ items: UserRow[]; nextCursor: string; total?: number }> {
    const parameters: unknown[] = [];
    const use = (value: unknown) => `$${parameters.push(value)}`;
    const from = search.trim() ? `(${found(search.trim(), use)}) AS found` : 'users';
    const total = page.page ? await this.count(from, [...parameters]) : undefined;
    const position = positionOf(page);
    const after = position ? `AND (created_at, id) < (${use(position.at)}, ${use(position.id)})` : '';
    const rows = await this.database.query<UserRow[]>(
      `SELECT * FROM ${from} WHERE erased_at IS NULL ${after}
       ORDER BY created_at DESC, id DESC LIMIT ${use(page.limit + 1)} OFFSET ${use(offsetOf(page))}`,
      parameters,
    );
    const { shown, nextCursor } = cutPage(rows, page, (row) => [row.created_at.toISOString(), row.id]);
    return { items: shown, nextCursor, total };
  }

  /** Those of `ids` that exist, held until the transaction ends; in one order, so that two such calls never deadlock. */
  async lock(transaction: EntityManager, ids: readonly string[]): Promise<Map<string, UserRow>> {
    const rows = await transaction.query<UserRow[]>(
      'SELECT * FROM users WHERE id = ANY($1::uuid[]) AND erased_at IS NULL ORDER BY id FOR UPDATE',
      [ids.filter(isUuid)],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** @throws DomainError EMAIL_TAKEN. */
  async insert(
    transaction: EntityManager,
    user: Pick<UserRow, 'email' | 'name' | 'password_hash' | 'role'>,
  ): Promise<UserRow> {
    const rows = await transaction.query<UserRow[]>(
      `INSERT INTO users (email, name, password_hash, role) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING *`,
      [user.email, user.name, user.password_hash, user.role],
    );
    if (!rows[0]) throw new DomainError('EMAIL_TAKEN');
    return rows[0];
  }

  /**
   * Changes a user who is still there and, with `provenHash`, still has the password that was checked.
   * Undefined when that is not so.
   * @throws DomainError EMAIL_TAKEN.
   */
  async update(
    transaction: EntityManager,
    { id, provenHash }: { id: string; provenHash?: string },
    changes: UserChanges,
  ): Promise<UserRow | undefined> {
    const columns = CHANGEABLE.filter((column) => changes[column] !== undefined);
    const set = columns.map((column, index) => `${column} = $${index + 3}`);
    const [rows] = await refuseTakenEmail(
      transaction.query<[UserRow[], number]>(
        `UPDATE users SET ${[...set, `updated_at = ${NEXT_UPDATED_AT}`].join(', ')}
         WHERE id = $1 AND erased_at IS NULL AND ($2::text IS NULL OR password_hash = $2) RETURNING *`,
        [id, provenHash, ...columns.map((column) => changes[column])],
      ),
    );
    return rows[0];
  }

  /** The same password in another form, unless it was changed meanwhile. */
  async replaceHash({ id, password_hash }: UserRow, better: string): Promise<void> {
    const sql = 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2';
    await this.database.query(sql, [id, password_hash, better]);
  }

  /** When it was erased; undefined when there was nothing left to erase. */
  async erase(transaction: EntityManager, id: string): Promise<Date | undefined> {
    const [rows] = await transaction.query<[Pick<UserRow, 'updated_at'>[], number]>(
      `UPDATE users SET email = 'erased-' || id || '@erased.invalid', name = '', password_hash = '!', disabled = true,
         erased_at = now(), updated_at = ${NEXT_UPDATED_AT} WHERE id = $1 AND erased_at IS NULL RETURNING updated_at`,
      [id],
    );
    return rows[0]?.updated_at;
  }

  private async count(from: string, parameters: unknown[]): Promise<number> {
    const sql = `SELECT count(*)::int AS n FROM ${from} WHERE erased_at IS NULL`;
    return (await this.database.query<{ n: number }[]>(sql, parameters))[0]?.n ?? 0;
  }
}

// Materialized, because for the sake of LIMIT the planner would rather read all users from the newest on than search.
function found(search: string, use: (value: unknown) => string): string {
  const address = `${search.replace(/[\\%_]/g, '\\$&')}%`;
  const words = search.split(/\s+/).map((word) => `'${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}':*`);
  return `WITH matches AS MATERIALIZED (
      SELECT * FROM users WHERE erased_at IS NULL
      AND (lower(email) LIKE lower(${use(address)}) OR name_words(name) @@ lower(${use(words.join(' & '))})::tsquery)
    ) SELECT * FROM matches`;
}

async function refuseTakenEmail<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) throw new DomainError('EMAIL_TAKEN');
    throw error;
  }
}

function notFound(): never {
  throw new DomainError('NOT_FOUND');
}
