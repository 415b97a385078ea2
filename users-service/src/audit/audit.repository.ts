import { Injectable } from '@nestjs/common';
import { cutPage, isUuid, offsetOf, type Page, positionOf } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { PersonalData } from '../personal-data/personal-data';
import type { AuditRecordDto, ListAuditDto } from './audit.dto';

export type AuditFilter = Pick<ListAuditDto, 'actor' | 'action' | 'from' | 'to'>;

export interface AuditPage {
  readonly items: AuditRecordDto[];
  readonly page: { readonly nextCursor: string; readonly total?: number };
}

interface AuditRow extends Omit<AuditRecordDto, 'at' | 'requestId' | 'ip'> {
  at: Date;
  request_id: string;
  ip_sealed: string;
}

/** They go with their user. */
export async function forgetAddressesOf(userId: string, on: EntityManager): Promise<void> {
  await on.query("UPDATE audit_records SET ip_sealed = '' WHERE actor = $1 AND ip_sealed <> ''", [userId]);
}

/** The audit trail, newest first. Rows are only ever added, and chained by the database (audit-chain.ts). */
@Injectable()
export class AuditRepository {
  constructor(
    private readonly database: DataSource,
    private readonly personal: PersonalData,
  ) {}

  /** Those that are there already stay as they are. Of a user who was erased meanwhile no address is kept. */
  async append(records: readonly AuditRecordDto[], on: DataSource | EntityManager = this.database): Promise<void> {
    const rows = records.map(({ ip, requestId, at, ...record }) => ({
      ...record,
      at: new Date(at).toISOString(),
      actor_id: isUuid(record.actor) ? record.actor : null,
      ip_sealed: this.personal.sealIp(ip, record.id),
      request_id: requestId,
    }));
    await on.query(
      `INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details)
       SELECT r.id, r.at, r.actor, r.action, r.target, CASE WHEN u.erased_at IS NULL THEN r.ip_sealed ELSE '' END,
         r.request_id, r.details
       FROM jsonb_to_recordset($1) AS r (id uuid, at timestamptz, actor text, actor_id uuid, action text, target text,
         ip_sealed text, request_id text, details jsonb) LEFT JOIN users u ON u.id = r.actor_id`,
      [JSON.stringify(rows)],
    );
  }

  async list(page: Page, filter: AuditFilter): Promise<AuditPage> {
    const parameters: unknown[] = [];
    const use = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = conditionsOf(filter, use);
    const total = page.page ? await this.count(conditions, [...parameters]) : undefined;
    const position = positionOf(page);
    if (position) conditions.push(`(at, id) < (${use(position.at)}, ${use(position.id)})`);
    const rows = await this.database.query<AuditRow[]>(
      `SELECT id, at, actor, action, target, ip_sealed, request_id, details FROM audit_records WHERE ${conditions.join(' AND ')}
       ORDER BY at DESC, id DESC LIMIT ${use(page.limit + 1)} OFFSET ${use(offsetOf(page))}`,
      parameters,
    );
    const { shown, nextCursor } = cutPage(rows, page, (row) => [row.at.toISOString(), row.id]);
    return { items: shown.map((row) => this.toRecord(row)), page: { nextCursor, total } };
  }

  private toRecord({ request_id: requestId, at, ip_sealed, ...row }: AuditRow): AuditRecordDto {
    const ip = this.personal.openIp(ip_sealed, row.id);
    return { ...row, ip, requestId, at: at.toISOString() };
  }

  private async count(conditions: string[], parameters: unknown[]): Promise<number> {
    const rows = await this.database.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM audit_records WHERE ${conditions.join(' AND ')}`,
      parameters,
    );
    return rows[0]?.n ?? 0;
  }
}

function conditionsOf(filter: AuditFilter, use: (value: unknown) => string): string[] {
  return [
    'true',
    ...(filter.actor ? [`actor = ${use(filter.actor)}`] : []),
    ...(filter.action ? [`action = ${use(filter.action)}`] : []),
    ...(filter.from ? [`at >= ${use(new Date(filter.from))}`] : []),
    ...(filter.to ? [`at < ${use(new Date(filter.to))}`] : []),
  ];
}
