import { Injectable } from '@nestjs/common';
import { DomainError, encodeCursor, type Page } from '@shop/service-kit';
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

export interface UserChanges {
  email?: string;
  name?: string;
  password_hash?: string;
  role?: string;
  disabled?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UNIQUE_VIOLATION = '23505';
const CHANGEABLE = ['email', 'name', 'password_hash', 'role', 'disabled'] as const;

/** Rows of `users`. Writes take the transaction they belong to. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: DataSource) {}

  /** @throws DomainError NOT_FOUND for an unknown, erased or malformed id. */
  async get(id: string): Promise<UserRow> {
    const rows = UUID.test(id)
      ? await this.database.query<UserRow[]>('SELECT * FROM users WHERE id = $1 AND erased_at IS NULL', [id])
      : [];
    return rows[0] ?? notFound();
  }

  async findByEmail(email: string): Promise<UserRow | undefined> {
    const sql = 'SELECT * FROM users WHERE lower(email) = lower($1) AND erased_at IS NULL';
    return (await this.database.query<UserRow[]>(sql, [email.trim()]))[0];
  }

  async list(page: Page, search: string): Promise<{ items: UserRow[]; nextCursor: string; total?: number }> {
    const prefix = `${search
      .trim()
      .toLowerCase()
      .replace(/[\\%_]/g, '\\$&')}%`;
    const filter = search.trim()
      ? `AND (lower(email) LIKE $1 OR lower(name) LIKE $1 OR lower(name) LIKE '% ' || $1)`
      : "AND $1 <> ''";
    const where = `FROM users WHERE erased_at IS NULL ${filter}`;
    const [at, id] = page.cursor ?? [];
    const after = page.cursor ? 'AND (created_at, id) < ($4::timestamptz, $5::uuid)' : '';
    const offset = page.page ? (page.page - 1) * page.limit : 0;
    const rows = await this.database.query<UserRow[]>(
      `SELECT * ${where} ${after} ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`,
      [prefix, page.limit + 1, offset, ...(page.cursor ? [at, id] : [])],
    );
    const items = rows.slice(0, page.limit);
    const last = items.at(-1);
    const nextCursor = rows.length > page.limit && last ? encodeCursor([last.created_at.toISOString(), last.id]) : '';
    return { items, nextCursor, total: page.page ? await this.count(where, prefix) : undefined };
  }

  /** @throws DomainError EMAIL_TAKEN. */
  async insert(
    transaction: EntityManager,
    user: Pick<UserRow, 'email' | 'name' | 'password_hash' | 'role'>,
  ): Promise<UserRow> {
    const rows = await refuseTakenEmail(
      transaction.query<UserRow[]>(
        'INSERT INTO users (email, name, password_hash, role) VALUES ($1, $2, $3, $4) RETURNING *',
        [user.email, user.name, user.password_hash, user.role],
      ),
    );
    return rows[0] ?? notFound();
  }

  /**
   * Changes a user who still is as the caller saw them (compare and set on the password hash).
   * @throws DomainError EMAIL_TAKEN, NOT_FOUND when they were erased, INVALID_CURRENT_PASSWORD when it changed meanwhile.
   */
  async update(transaction: EntityManager, seen: UserRow, changes: UserChanges): Promise<UserRow> {
    const columns = CHANGEABLE.filter((column) => changes[column] !== undefined);
    const set = columns.map((column, index) => `${column} = $${index + 3}`);
    const [rows] = await refuseTakenEmail(
      transaction.query<[UserRow[], number]>(
        `UPDATE users SET ${[...set, 'updated_at = now()'].join(', ')}
         WHERE id = $1 AND password_hash = $2 AND erased_at IS NULL RETURNING *`,
        [seen.id, seen.password_hash, ...columns.map((column) => changes[column])],
      ),
    );
    if (!rows[0]) throw new DomainError('INVALID_CURRENT_PASSWORD', { detail: 'The password has just been changed' });
    return rows[0];
  }

  /** True when there was something left to erase. */
  async erase(transaction: EntityManager, id: string): Promise<boolean> {
    const [rows] = await transaction.query<[unknown[], number]>(
      `UPDATE users SET email = 'erased-' || id || '@erased.invalid', name = '', password_hash = '!', disabled = true,
         erased_at = now(), updated_at = now() WHERE id = $1 AND erased_at IS NULL RETURNING id`,
      [id],
    );
    return rows.length > 0;
  }

  private async count(where: string, prefix: string): Promise<number> {
    const rows = await this.database.query<{ n: string }[]>(`SELECT count(*) AS n ${where}`, [prefix]);
    return Number(rows[0]?.n ?? 0);
  }
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
