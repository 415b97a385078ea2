import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { deleteOldRows, DomainError, Logger, Poller } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { repeated } from './order-progress';
import type { StoredAnswer } from './order-row';
import { SealedAddresses } from './sealed-address';

const KEPT = '24 hours';
const CLEAN_EVERY_MS = 60_000;
const UNIQUE_VIOLATION = '23505';
const LOCK_NOT_AVAILABLE = '55P03';

interface KeyRow {
  fingerprint: string;
  order_id: string;
  first_answer: StoredAnswer | null;
  shipping_address_sealed: string | null;
}

/** Which order a client's Idempotency-Key stands for, per user, for 24 hours. */
@Injectable()
export class IdempotencyKeys implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly cleaning: Poller;

  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
    private readonly addresses: SealedAddresses,
    logger: Logger,
  ) {
    this.cleaning = new Poller({
      name: 'forget old keys',
      everyMs: CLEAN_EVERY_MS,
      logger,
      run: () => this.forgetOld(),
    });
  }

  onApplicationBootstrap(): void {
    this.cleaning.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.cleaning.stop(this.config.patienceMs);
  }

  /** @throws DomainError IDEMPOTENCY_KEY_REUSED when the key came with another body before. */
  async find(
    userId: string,
    key: string,
    fingerprint: string,
  ): Promise<{ orderId: string; response?: orders.PlaceOrderResponse } | undefined> {
    if (!key) return undefined;
    const [row] = await this.database.query<KeyRow[]>(
      `SELECT k.fingerprint, k.order_id, k.first_answer, o.shipping_address_sealed
       FROM idempotency_keys k JOIN orders o ON o.id = k.order_id WHERE k.user_id = $1 AND k.key = $2`,
      [userId, key],
    );
    if (!row) return undefined;
    if (row.fingerprint !== fingerprint) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
    const { order_id: orderId, first_answer: first } = row;
    if (!first) return { orderId };
    const address = this.addresses.open(orderId, row.shipping_address_sealed);
    return { orderId, response: repeated(first, address, true) };
  }

  /** False when the key was taken by another request meanwhile; the insert has left nothing behind then. */
  async unlessTaken(key: string | undefined, insert: () => Promise<void>): Promise<boolean> {
    try {
      await insert();
      return true;
    } catch (error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      if (code === UNIQUE_VIOLATION && constraint === 'idempotency_keys_pkey') return false;
      // An insert waits for the same key's, while another request inserts it. (Without a key only for an account's erasure.)
      if (code === LOCK_NOT_AVAILABLE && key) throw new DomainError('REQUEST_IN_PROGRESS', { retryAfterMs: 1000 });
      throw error;
    }
  }

  private async forgetOld(): Promise<void> {
    const old = { table: 'idempotency_keys', column: 'created_at', olderThan: KEPT };
    if (await deleteOldRows(this.database, old)) this.cleaning.nudge();
  }
}
