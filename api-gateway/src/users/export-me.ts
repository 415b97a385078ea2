import { Injectable } from '@nestjs/common';
import type { orders } from '@shop/proto';
import { Sessions, type SessionView } from '../auth/sessions';
import { OrdersClient, UsersClient } from '../clients.module';
import type { OrderBody } from '../orders/order.bodies';
import { toOrderBody } from '../orders/to-order-body';
import { toUserBody, type UserBody } from './user.body';

const PAGE = 100;
const MAX_PAGES = 100;

export interface ExportBody {
  readonly user: UserBody;
  readonly sessions: SessionView[];
  readonly orders: OrderBody[];
}

@Injectable()
export class ExportMe {
  constructor(
    private readonly users: UsersClient,
    private readonly sessions: Sessions,
    private readonly orders: OrdersClient,
  ) {}

  async execute(userId: string): Promise<ExportBody> {
    const [user, sessions, all] = await Promise.all([
      this.users.getUser({ id: userId }),
      this.sessions.list(userId),
      this.allOrders(userId),
    ]);
    return { user: toUserBody(user), sessions, orders: all.map(toOrderBody) };
  }

  private async allOrders(userId: string): Promise<orders.Order[]> {
    const all: orders.Order[] = [];
    let cursor = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.orders.listOrders({ page: { limit: PAGE, cursor, page: 0 }, userId, status: '' });
      all.push(...answer.items);
      cursor = answer.page?.nextCursor ?? '';
      if (!cursor) break;
    }
    return all;
  }
}
