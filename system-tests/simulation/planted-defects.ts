import { randomUUID } from 'node:crypto';
import type { OutgoingEvent } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import type { NewOrder } from '../../orders-service/src/orders/order-row';
import type { OrdersRepository } from '../../orders-service/src/orders/orders.repository';
import { AttemptsRepository } from '../../orders-service/src/payments/attempts.repository';
import type { Charge, PaymentOutcome, PaymentProvider } from '../../orders-service/src/payments/payment-provider';
import { releaseStock } from '../../products-service/src/stock/release-stock';
import type { MemoryStockStore } from '../../products-service/src/testing/memory-stock-store';
import {
  ChecksThenActs,
  ReleasesOnlyReserved,
  ReopensReleased,
  RestocksOnlyMarked,
} from '../../products-service/src/testing/planted-defects';
import { BankClient } from './bank';
import { MemoryPostgres, type Query } from './memory-postgres';
import type { PlantedDefect } from './order-simulation';
import { OrdersReplica } from './orders-replica';
import { BrokerLink, type World } from './world';

class ChargesUnderNewKeys extends OrdersReplica {
  protected override callBank(): PaymentProvider {
    return new (class extends BankClient {
      override charge(charge: Charge): Promise<PaymentOutcome> {
        return super.charge({ ...charge, key: randomUUID() });
      }
    })(this.world.bank, this.gate);
  }
}

class ChargesBeforeStockIsReserved extends OrdersReplica {
  override async place(order: NewOrder): Promise<void> {
    await super.place(order);
    const { id, totalAmount: amount, currency, paymentMethod: method } = order;
    await this.bank.charge({ key: id, amount, currency, method });
  }
}

class MarksWithoutConfirm extends OrdersReplica {
  protected override linkToBroker(): BrokerLink {
    return new (class extends BrokerLink {
      override async publishAll(events: readonly OutgoingEvent[]): Promise<{ id: string; ok: boolean }[]> {
        return (await super.publishAll(events)).map(({ id }) => ({ id, ok: true }));
      }
    })(this.world, this.gate);
  }
}

class KeepsLateCaptures extends OrdersReplica {
  protected override attemptsOf(database: DataSource, orders: OrdersRepository): AttemptsRepository {
    const { tables } = this.world;
    return new (class extends AttemptsRepository {
      override async settle(attemptId: string, outcome: PaymentOutcome): Promise<string | undefined> {
        if (tables.attempts.get(attemptId)?.status === 'DECLINED') return undefined;
        return super.settle(attemptId, outcome);
      }
    })(database, orders);
  }
}

/** Writes a refund down when the order has been cancelled already. */
class RemembersRefunds extends OrdersReplica {
  protected override connect(): MemoryPostgres {
    return new (class extends MemoryPostgres {
      override async transaction<T>(work: (transaction: Query) => Promise<T>): Promise<T> {
        const later: (readonly [string, readonly unknown[]])[] = [];
        const result = await super.transaction((transaction) =>
          work({
            query: (sql, parameters = []) => {
              if (!sql.includes('INSERT INTO refunds')) return transaction.query(sql, parameters);
              later.push([sql, parameters]);
              return Promise.resolve([]);
            },
          }),
        );
        for (const [sql, parameters] of later) await super.transaction(({ query }) => query(sql, parameters));
        return result;
      }
    })(this.world, this.gate);
  }
}

/** Stock that decides by itself when a reservation ends. */
function expiresReservations({ stock }: World) {
  return async (store: MemoryStockStore): Promise<void> => {
    const held = [...stock.orders.values()].find(({ state }) => state === 'RESERVED');
    if (held && store.now().getTime() - held.at.getTime() > 20_000) await releaseStock(store, held);
  };
}

/** Shops with one thing wrong: a simulation that does not find it proves nothing. */
export const PLANTED_DEFECTS: Readonly<Record<string, PlantedDefect>> = {
  'stock is read, then written': { Store: ChecksThenActs },
  'a cancelled order can be reserved later': { Store: ReopensReleased },
  'a release gives back only what is still reserved': { Store: ReleasesOnlyReserved },
  'a sale whose mark was pulled is not given back': { Store: RestocksOnlyMarked },
  'a reservation ends by itself': { extraJob: expiresReservations },
  'a message is acknowledged before it is handled': { ackEarly: true },
  'an event counts as sent without a confirm': { Orders: MarksWithoutConfirm },
  'a charge is repeated under a new key': { Orders: ChargesUnderNewKeys },
  'the card is charged before stock is reserved': { Orders: ChargesBeforeStockIsReserved },
  'money that comes after a decline is kept': { Orders: KeepsLateCaptures },
  'a refund is only remembered': { Orders: RemembersRefunds },
};
