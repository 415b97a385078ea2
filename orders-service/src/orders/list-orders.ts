import { Injectable } from '@nestjs/common';
import { currentUser, DomainError, encodeCursor, type Page, pageOf, requireAdmin } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { DataSource } from 'typeorm';
import type { ListOrdersDto } from './order.dto';
import { isOrderId, type OrderRow } from './order-row';
import { ORDER_COLUMNS } from './orders.repository';
import { toProto } from './to-proto';

@Injectable()
export class ListOrders {
  constructor(private readonly database: DataSource) {}

  /** One's own, newest first; anybody's for an admin. */
  async execute({ page: request, userId, status }: ListOrdersDto): Promise<orders.ListOrdersResponse> {
    if (currentUser().id !== userId) requireAdmin();
    const page = pageOf(request);
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = [
      ...(userId ? [`o.user_id = ${bind(userId)}`] : []),
      ...(status ? [`o.status = ANY(${bind(statusesOf(status))}::text[])`] : []),
    ];
    const total = page.page ? await this.count(conditions, [...parameters]) : undefined;
    const after = positionOf(page);
    if (after) conditions.push(`(o.created_at, o.id) < (${bind(after.at)}::timestamptz, ${bind(after.id)}::uuid)`);
    const rows = await this.database.query<OrderRow[]>(
      `SELECT ${ORDER_COLUMNS} FROM orders o ${whereOf(conditions)} ORDER BY o.created_at DESC, o.id DESC
       LIMIT ${bind(page.limit + 1)} OFFSET ${bind(page.page ? (page.page - 1) * page.limit : 0)}`,
      parameters,
    );
    const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
    const nextCursor = last ? encodeCursor([last.created_at.toISOString(), last.id]) : '';
    return { items: rows.slice(0, page.limit).map(toProto), page: { nextCursor, total } };
  }

  private async count(conditions: string[], parameters: unknown[]): Promise<number> {
    const sql = `SELECT count(*) AS n FROM orders o ${whereOf(conditions)}`;
    return Number((await this.database.query<{ n: string }[]>(sql, parameters))[0]?.n ?? 0);
  }
}

/** @throws DomainError VALIDATION_FAILED for a cursor of some other list. */
function positionOf({ cursor }: Page): { at: Date; id: string } | undefined {
  if (!cursor) return undefined;
  const [at = '', id = ''] = cursor;
  const time = new Date(at);
  if (cursor.length !== 2 || !(time.getTime() >= 0) || !isOrderId(id)) {
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'cursor', message: 'cursor is not one of ours' }] });
  }
  return { at: time, id };
}

function whereOf(conditions: string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}

function statusesOf(publicStatus: string): string[] {
  return publicStatus === 'pending' ? ['PENDING', 'RESERVED', 'PAYING'] : [publicStatus.toUpperCase()];
}
