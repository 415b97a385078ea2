import { Injectable } from '@nestjs/common';
import type { types } from '@shop/proto';
import type { SignedInUser } from '../auth/access';
import { Sessions } from '../auth/sessions';
import { toAuditBody } from '../audit/audit-bodies';
import { AuditTrail } from '../audit/audit-trail';
import { OrdersClient, UsersClient } from '../clients.module';
import { toOrderBody } from '../orders/to-order-body';
import type { ExportBody } from './export-body';
import { toUserBody } from './user-bodies';

const PER_PAGE = 100;
/** So that an export ends in time and memory; who has more reads the rest page by page. */
const MOST_PAGES = 20;

interface Collected<T> {
  readonly items: readonly T[];
  readonly complete: boolean;
}

/** All that is kept about a user, gathered from where it is kept. */
@Injectable()
export class ExportAccount {
  constructor(
    private readonly users: UsersClient,
    private readonly orders: OrdersClient,
    private readonly sessions: Sessions,
    private readonly trail: AuditTrail,
  ) {}

  async execute({ id, sessionId }: SignedInUser, ip: string): Promise<ExportBody> {
    const acts = { actor: id, action: '', from: '', to: '' };
    const [user, sessions, orders, audit] = await Promise.all([
      this.users.getUser({ id }),
      this.sessions.list(id),
      collect((page) => this.orders.listOrders({ page, userId: id, status: '' })),
      collect((page) => this.users.listAudit({ page, ...acts })),
    ]);
    this.trail.recordSecurity({ action: 'user.exported', actor: id, target: `user:${id}`, ip });
    return {
      exportedAt: new Date().toISOString(),
      complete: orders.complete && audit.complete,
      user: toUserBody(user),
      sessions: sessions.map((session) => ({ ...session, current: session.id === sessionId })),
      orders: orders.items.map(toOrderBody),
      audit: audit.items.map(toAuditBody),
    };
  }
}

async function collect<T>(
  read: (page: types.PageRequest) => Promise<{ items: readonly T[]; page?: types.PageInfo | null }>,
): Promise<Collected<T>> {
  const items: T[] = [];
  let cursor = '';
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const part = await read({ limit: PER_PAGE, cursor, page: 0 });
    items.push(...part.items);
    cursor = part.page?.nextCursor ?? '';
    if (!cursor) return { items, complete: true };
  }
  return { items, complete: false };
}
