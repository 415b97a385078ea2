import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { cutPage, DomainError, isUuid, offsetOf, type Page, positionOf } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { PersonalData } from '../personal-data/personal-data';
import type { StoredUser, UserRow } from './user-row';

export type UserChanges = Partial<Pick<UserRow, 'email' | 'name' | 'password_hash' | 'role' | 'disabled'>>;

const COLUMNS = 'id, email_sealed, email_index, name_sealed, password_hash, role, disabled, created_at, updated_at';
const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC';
// Only ever forward, also when changes overtake each other: others order what they know of an account by it.
const NEXT_UPDATED_AT =
  "greatest(date_trunc('milliseconds', clock_timestamp()), updated_at + interval '1 millisecond')";
const UNIQUE_VIOLATION = '23505';

/** Rows of `users`. Writes take the transaction they belong to. */
@Injectable()
export class UsersRepository {
  private keysProven = false;

  constructor(
    private readonly database: DataSource,
    private readonly personal: PersonalData,
  ) {}

  /** @throws DomainError NOT_FOUND for an unknown, erased or malformed id. */
  async get(id: string): Promise<UserRow> {
    const sql = `SELECT ${COLUMNS} FROM users WHERE id = $1 AND erased_at IS NULL`;
    const [row] = isUuid(id) ? await this.read(this.database, sql, [id]) : [];
    return row ?? notFound();
  }

  async findByEmail(email: string): Promise<UserRow | undefined> {
    await this.proveKeys();
    const sql = `SELECT ${COLUMNS} FROM users WHERE email_index = $1 AND erased_at IS NULL`;
    return (await this.read(this.database, sql, [this.personal.emailIndex(email)]))[0];
  }

  /** Newest first; `search` is the start of an address, or of words of a name. */
  async list(page: Page, search: string): Promise<{ items: UserRow[]; nextCursor: string; total?: number }> {
    const parameters: unknown[] = [];
    const use = (value: unknown) => `$${parameters.push(value)}`;
    const from = search.trim() ? `(${this.found(search.trim(), use)}) AS found` : 'users';
    const total = page.page ? await this.count(from, [...parameters]) : undefined;
    const position = positionOf(page);
    const after = position ? `AND (created_at, id) < (${use(position.at)}, ${use(position.id)})` : '';
    const rows = await this.read(
      this.database,
      `SELECT ${COLUMNS} FROM ${from} WHERE erased_at IS NULL ${after}
       ${NEWEST_FIRST} LIMIT ${use(page.limit + 1)} OFFSET ${use(offsetOf(page))}`,
      parameters,
    );
    const { shown, nextCursor } = cutPage(rows, page, (row) => [row.created_at.toISOString(), row.id]);
    return { items: shown, nextCursor, total };
  }

  /** Those of `ids` that exist, held until the transaction ends; in one order, so that two such calls never deadlock. */
  async lock(transaction: EntityManager, ids: readonly string[]): Promise<Map<string, UserRow>> {
    const rows = await this.read(
      transaction,
      `SELECT ${COLUMNS} FROM users WHERE id = ANY($1::uuid[]) AND erased_at IS NULL ORDER BY id FOR UPDATE`,
      [ids.filter(isUuid)],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** @throws DomainError EMAIL_TAKEN. */
  async insert(
    transaction: EntityManager,
    { email, name, password_hash, role }: Pick<UserRow, 'email' | 'name' | 'password_hash' | 'role'>,
  ): Promise<UserRow> {
    await this.proveKeys(transaction);
    const id = randomUUID();
    const values = Object.entries({ id, password_hash, role, ...this.personal.columnsOf(id, { email, name }) });
    const [row] = await this.read(
      transaction,
      `INSERT INTO users (${values.map(([column]) => column).join(', ')})
       VALUES (${values.map((_value, index) => `$${index + 1}`).join(', ')}) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      values.map(([, value]) => value),
    );
    if (!row) throw new DomainError('EMAIL_TAKEN');
    return row;
  }

  /**
   * Changes a user who is still there and, with `provenHash`, still has the password that was checked.
   * Undefined when that is not so.
   * @throws DomainError EMAIL_TAKEN.
   */
  async update(
    transaction: EntityManager,
    { id, provenHash }: { id: string; provenHash?: string },
    { email, name, password_hash, role, disabled }: UserChanges,
  ): Promise<UserRow | undefined> {
    await this.proveKeys(transaction);
    // Named one by one: whatever else a caller's object has becomes no column.
    const columns = { password_hash, role, disabled, ...this.personal.columnsOf(id, { email, name }) };
    const values = Object.entries(columns).filter(([, value]) => value !== undefined);
    const set = values.map(([column], index) => `${column} = $${index + 3}`);
    const [rows] = await refuseTakenEmail(
      transaction.query<[StoredUser[], number]>(
        `UPDATE users SET ${[...set, `updated_at = ${NEXT_UPDATED_AT}`].join(', ')}
         WHERE id = $1 AND erased_at IS NULL AND ($2::text IS NULL OR password_hash = $2) RETURNING ${COLUMNS}`,
        [id, provenHash, ...values.map(([, value]) => value)],
      ),
    );
    return rows[0] && this.personal.open(rows[0]);
  }

  /** The same password in another form, unless it was changed meanwhile. */
  async replaceHash({ id, password_hash }: UserRow, better: string): Promise<void> {
    const sql = 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2';
    await this.database.query(sql, [id, password_hash, better]);
  }

  /** When it was erased; undefined when there was nothing left to erase. */
  async erase(transaction: EntityManager, id: string): Promise<Date | undefined> {
    const [rows] = await transaction.query<[Pick<UserRow, 'updated_at'>[], number]>(
      `UPDATE users SET email_sealed = NULL, email_index = NULL, email_tokens = NULL, name_sealed = NULL, name_tokens = NULL,
         password_hash = '!', disabled = true, erased_at = now(), updated_at = ${NEXT_UPDATED_AT}
       WHERE id = $1 AND erased_at IS NULL RETURNING updated_at`,
      [id],
    );
    return rows[0]?.updated_at;
  }

  /**
   * With other keys than those of the rows nobody would be found, and addresses be taken twice: once, the newest account is
   * looked at.
   * @throws SealedFieldError when it is not readable, or would not be found.
   */
  async proveKeys(on: DataSource | EntityManager = this.database): Promise<void> {
    if (this.keysProven) return;
    const newest = `SELECT ${COLUMNS} FROM users WHERE erased_at IS NULL ${NEWEST_FIRST} LIMIT 1`;
    this.keysProven = (await this.read(on, newest, [])).length > 0;
  }

  private async read(on: DataSource | EntityManager, sql: string, parameters: unknown[]): Promise<UserRow[]> {
    const rows = await on.query<StoredUser[]>(sql, parameters);
    return rows.map((row) => this.personal.open(row));
  }

  // Materialized, because for the sake of LIMIT the planner would rather read all users from the newest on than search.
  private found(search: string, use: (value: unknown) => string): string {
    const { email, name } = this.personal.searched(search);
    return `WITH matches AS MATERIALIZED (
      SELECT * FROM users WHERE erased_at IS NULL
      AND (email_tokens @> ${use(email)}::bytea[] OR name_tokens @> ${use(name)}::bytea[])
    ) SELECT * FROM matches`;
  }

  private async count(from: string, parameters: unknown[]): Promise<number> {
    const sql = `SELECT count(*)::int AS n FROM ${from} WHERE erased_at IS NULL`;
    return (await this.database.query<{ n: number }[]>(sql, parameters))[0]?.n ?? 0;
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
