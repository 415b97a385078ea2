import { Injectable } from '@nestjs/common';
import { encodeCursor, type Page } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { DataSource, type EntityManager } from 'typeorm';

interface AuditRow extends Omit<users.AuditRecord, 'at' | 'requestId'> {
  at: Date;
  request_id: string;
}

/** Appends; a record that is there already stays as it is. */
export async function insertAudit(on: DataSource | EntityManager, record: users.AuditRecord): Promise<void> {
  await on.query(
    `INSERT INTO audit_records (id, at, actor, action, target, ip, request_id, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
    [record.id, record.at, record.actor, record.action, record.target, record.ip, record.requestId, record.details],
  );
}

/** The audit trail, newest first. Rows are only ever added. */
@Injectable()
export class AuditRepository {
  constructor(private readonly database: DataSource) {}

  append(record: users.AuditRecord): Promise<void> {
    return insertAudit(this.database, record);
  }

  async list(page: Page, filter: users.ListAuditRequest): Promise<users.ListAuditResponse> {
    const { conditions, parameters } = conditionsOf(filter);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const total = page.page ? await this.count(where, parameters) : undefined;
    if (page.cursor) {
      parameters.push(...page.cursor.slice(0, 2));
      conditions.push(`(at, id) < ($${parameters.length - 1}::timestamptz, $${parameters.length}::uuid)`);
    }
    parameters.push(page.limit + 1, page.page ? (page.page - 1) * page.limit : 0);
    const rows = await this.database.query<AuditRow[]>(
      `SELECT * FROM audit_records ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY at DESC, id DESC LIMIT $${parameters.length - 1} OFFSET $${parameters.length}`,
      parameters,
    );
    const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
    return {
      items: rows.slice(0, page.limit).map(toRecord),
      page: { nextCursor: last ? encodeCursor([last.at.toISOString(), last.id]) : '', total },
    };
  }

  private async count(where: string, parameters: unknown[]): Promise<number> {
    const rows = await this.database.query<{ n: string }[]>(
      `SELECT count(*) AS n FROM audit_records ${where}`,
      parameters,
    );
    return Number(rows[0]?.n ?? 0);
  }
}

function conditionsOf(filter: users.ListAuditRequest): { conditions: string[]; parameters: unknown[] } {
  const wanted: [string, string][] = [
    ['actor =', filter.actor],
    ['action =', filter.action],
    ['at >=', filter.from],
    ['at <', filter.to],
  ];
  const used = wanted.filter(([, value]) => value !== '');
  return {
    conditions: used.map(([comparison], index) => `${comparison} $${index + 1}`),
    parameters: used.map(([, value]) => value),
  };
}

function toRecord({ request_id: requestId, at, ...row }: AuditRow): users.AuditRecord {
  return { ...row, requestId, at: at.toISOString() };
}
