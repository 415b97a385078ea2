import { Injectable } from '@nestjs/common';
import { currentUser, cutPage, offsetOf, pageOf, positionOf, requireAdmin } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { DataSource } from 'typeorm';
import type { ListOrdersDto } from './order.dto';
import type { OrderRow } from './order-row';
import { ORDER_COLUMNS } from './orders.repository';
import { SealedAddresses } from './sealed-address';
import { toProto } from './to-proto';

@Injectable()
export class ListOrders {
  constructor(
    private readonly database: DataSource,
    private readonly addresses: SealedAddresses,
  ) {}

  /** One's own, newest first; anybody's for an admin. */
  async execute({ page: request, userId, status }: ListOrdersDto): Promise<orders.ListOrdersResponse> {
    if (currentUser().id !== userId) requireAdmin();
    const page = pageOf(request);
    const parameters: unknown[] = [];
    const bind = (value: unknown) => `$${parameters.push(value)}`;
    const conditions = [
      ...(userId ? [`o.user_id = ${bind(userId)}`] : []),
      // Of one status the index gives the rows in order; of a list of statuses it cannot.
      ...(status === 'pending' ? [`o.status IN ('PENDING', 'RESERVED', 'PAYING')`] : []),
      ...(status && status !== 'pending' ? [`o.status = ${bind(status.toUpperCase())}`] : []),
    ];
    const total = page.page ? await this.count(conditions, [...parameters]) : undefined;
    const after = positionOf(page);
    if (after) conditions.push(`(o.created_at, o.id) < (${bind(after.at)}::timestamptz, ${bind(after.id)}::uuid)`);
    const rows = await this.database.query<OrderRow[]>(
      `SELECT ${ORDER_COLUMNS} FROM orders o ${whereOf(conditions)} ORDER BY o.created_at DESC, o.id DESC
       LIMIT ${bind(page.limit + 1)} OFFSET ${bind(offsetOf(page))}`,
      parameters,
    );
    const { shown, nextCursor } = cutPage(rows, page, (row) => [row.created_at.toISOString(), row.id]);
    return { items: shown.map((row) => toProto(this.addresses.opened(row))), page: { nextCursor, total } };
  }

  private async count(conditions: string[], parameters: unknown[]): Promise<number> {
    const sql = `SELECT count(*) AS n FROM orders o ${whereOf(conditions)}`;
    return Number((await this.database.query<{ n: string }[]>(sql, parameters))[0]?.n ?? 0);
  }
}

function whereOf(conditions: string[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
}
