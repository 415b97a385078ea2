import type { DataSource } from 'typeorm';
import type { OrderRow } from '../../orders-service/src/orders/order-row';
import type { Gate } from '../../products-service/src/testing/interleaving';

export interface StoredOrder extends OrderRow {
  readonly stock_asked_at: Date;
}

export interface AttemptRow {
  readonly id: string;
  readonly order_id: string;
  readonly status: 'STARTED' | 'UNKNOWN' | 'CAPTURED' | 'DECLINED';
  readonly amount: string;
  readonly reference: string | null;
  readonly tries: number;
  readonly touched_at: Date;
}

export interface RefundRow {
  readonly id: string;
  readonly order_id: string;
  readonly attempt_id: string;
  readonly amount: string;
  readonly done_at: Date | null;
  readonly next_try_at: Date;
}

export interface OutboxRow {
  readonly id: string;
  readonly event_id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: object;
  readonly mandatory: boolean;
  readonly created_at: Date;
  readonly attempts: number;
  readonly next_attempt_at: Date;
  readonly published_at: Date | null;
}

/** The tables of orders-service, shared by all its processes. Rows are replaced, never changed. */
export class Tables {
  readonly orders = new Map<string, StoredOrder>();
  readonly attempts = new Map<string, AttemptRow>();
  readonly refunds = new Map<string, RefundRow>();
  readonly outbox = new Map<string, OutboxRow>();
}

/** What one statement of orders-service means. Its text is compared in full: a changed statement has to be looked at here. */
export interface Statement {
  readonly sql: string;
  readonly run: (transaction: Transaction, parameters: readonly any[]) => unknown;
}

/** As statements are compared: however they are laid out. */
export function spaceless(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim();
}

/** All statements that the simulation understands, found by their text. */
export class Statements {
  private readonly byText: Map<string, Statement>;
  private readonly seen = new Map<string, Statement>();

  constructor(statements: readonly Statement[]) {
    this.byText = new Map(statements.map((statement) => [spaceless(statement.sql), statement]));
  }

  find(sql: string): Statement {
    const statement = this.seen.get(sql) ?? this.byText.get(spaceless(sql));
    if (!statement)
      throw new Error(`the simulation does not know this statement; say in *-statements.ts what it means: ${sql}`);
    this.seen.set(sql, statement);
    return statement;
  }
}

export interface Query {
  query(sql: string, parameters?: readonly unknown[]): Promise<any>;
}

/** What happens between BEGIN and COMMIT. Nobody else is let through meanwhile, so it is as atomic as the real one. */
export class Transaction implements Query {
  private readonly undo: (() => void)[] = [];

  constructor(
    private readonly statements: Statements,
    readonly tables: Tables,
    readonly now: Date,
  ) {}

  query(sql: string, parameters: readonly unknown[] = []): Promise<any> {
    return Promise.resolve(this.run(sql, parameters));
  }

  run(sql: string, parameters: readonly unknown[]): unknown {
    return this.statements.find(sql).run(this, parameters);
  }

  write<T>(table: Map<string, T>, id: string, row: T): T {
    const before = table.get(id);
    this.undo.push(() => (before === undefined ? table.delete(id) : table.set(id, before)));
    table.set(id, row);
    return row;
  }

  rollBack(error: unknown): never {
    for (const undo of this.undo.reverse()) undo();
    throw error;
  }
}

export interface DatabaseConditions {
  readonly statements: Statements;
  readonly tables: Tables;
  now(): number;
  /** @throws InjectedFault when the connection breaks after the commit and before its answer. */
  answer(): void;
}

/** A connection of one task to PostgreSQL: it waits at `gate`, and then the whole transaction happens at once. */
export class MemoryPostgres implements Query {
  readonly isInitialized = true;

  constructor(
    protected readonly conditions: DatabaseConditions,
    protected readonly gate: Gate,
  ) {}

  asDataSource(): DataSource {
    return this as unknown as DataSource;
  }

  async query(sql: string, parameters: readonly unknown[] = []): Promise<any> {
    await this.gate();
    const result = this.begin().run(sql, parameters);
    this.conditions.answer();
    return result;
  }

  async transaction<T>(work: (transaction: Query) => Promise<T>): Promise<T> {
    await this.gate();
    const transaction = this.begin();
    const result = await work(transaction).catch((error: unknown) => transaction.rollBack(error));
    this.conditions.answer();
    return result;
  }

  private begin(): Transaction {
    const { statements, tables } = this.conditions;
    return new Transaction(statements, tables, new Date(this.conditions.now()));
  }
}

/** now() minus so many milliseconds. */
export function ago({ now }: Transaction, ms: number): Date {
  return new Date(now.getTime() - ms);
}

/** What the driver answers to an UPDATE. */
export function updated<T>(rows: readonly T[]): [readonly T[], number] {
  return [rows, rows.length];
}
