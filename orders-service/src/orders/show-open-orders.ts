import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { askedGauge } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { nameOf } from './order-metrics';

const OPEN = `status IN ('PENDING', 'RESERVED', 'PAYING')`;
const NONE = { [nameOf('PENDING')]: 0, [nameOf('RESERVED')]: 0, [nameOf('PAYING')]: 0 };

/** Orders without an outcome, and those among them that have not moved for longer than anything may take. */
@Injectable()
export class ShowOpenOrders implements OnApplicationBootstrap {
  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
  ) {}

  onApplicationBootstrap(): void {
    askedGauge({
      name: 'orders_open',
      help: 'Orders without an outcome yet, by status; the same in every replica',
      label: 'status',
      read: () => this.open(),
    });
    askedGauge({
      name: 'orders_stuck',
      help: 'Those of them that have not moved for longer than SAGA_PENDING_TIMEOUT and SAGA_RESERVATION_TTL',
      read: () => this.stuck(),
    });
  }

  private async open(): Promise<Record<string, number>> {
    const rows = await this.database.query<{ status: string; count: string }[]>(
      `SELECT lower(status) AS status, count(*) FROM orders WHERE ${OPEN} GROUP BY status`,
    );
    return { ...NONE, ...Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)])) };
  }

  private async stuck(): Promise<number> {
    const [row] = await this.database.query<{ count: string }[]>(
      `SELECT count(*) FROM orders WHERE ${OPEN} AND updated_at <= now() - $1::bigint * interval '1 millisecond'`,
      [this.config.overdueAfterMs],
    );
    return Number(row?.count);
  }
}
