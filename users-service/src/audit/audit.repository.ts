import { Injectable } from '@nestjs/common';
import { cutPage, offsetOf, type Page, positionOf } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { PersonalData } from '../personal-data/personal-data';
import type { AuditRecordDto, ListAuditDto } from './audit.dto';

export type AuditFilter = Pick<ListAuditDto, 'actor' | 'action' | 'from' | 'to'>;

export interface AuditPage {
  readonly items: AuditRecordDto[];
  readonly page: { readonly nextCursor: string; readonly total?: number };
}

/** Network addresses are personal: they are sealed, '' where there is none. */
interface SealedRecord extends Omit<AuditRecordDto, 'ip'> {
  ipSealed: string;
}

interface AuditRow extends Omit<AuditRecordDto, 'at' | 'requestId' | 'ip'> {
  at: Date;
  request_id: string;
  ip_sealed: string;
}

/** Appends; a record that is there already stays as it is. */
export async function insertAudit(on: DataSource | EntityManager, record: SealedRecord): Promise<void> {
  await on.query(
    `INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
    [
      record.id,
      new Date(record.at),
      record.actor,
      record.action,
      record.target,
      record.ipSealed,
      record.requestId,
      record.details,
    ],
  );
}

/** They go with their user. */
export async function forgetAddressesOf(userId: string, on: EntityManager): Promise<void> {
  await on.query("UPDATE audit_records SET ip_sealed = '' WHERE actor = $1 AND ip_sealed <> ''", [userId]);
}

/** The audit trail, newest first. Rows are only ever added. */
@Injectable()
export class AuditRepository {
  constructor(
    private readonly database: DataSource,
    private readonly personal: PersonalData,
  ) {}

  append({ ip, ...record }: AuditRecordDto): Promise<void> {
    return insertAudit(this.database, { ...record, ipSealed: this.personal.sealIp(ip, record.id) });
  }

  async list(page: Page, filter: AuditFilter): Promise<AuditPage> {
    const parameters: unknown[] = [];
    const use = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = conditionsOf(filter, use);
    const total = page.page ? await this.count(conditions, [...parameters]) : undefined;
    const position = positionOf(page);
    if (position) conditions.push(`(at, id) < (${use(position.at)}, ${use(position.id)})`);
    const rows = await this.database.query<AuditRow[]>(
      `SELECT * FROM audit_records WHERE ${conditions.join(' AND ')}
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
