import { randomUUID } from 'node:crypto';
import type { OutgoingEvent } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import type { NewOrder } from '../../orders-service/src/orders/order-row';
import type { OrdersRepository } from '../../orders-service/src/orders/orders.repository';
import { type Attempt, AttemptsRepository } from '../../orders-service/src/payments/attempts.repository';
import type { Charge, PaymentOutcome, PaymentProvider } from '../../orders-service/src/payments/payment-provider';
import { BankClient } from './bank';
import { MemoryPostgres, type Query, spaceless } from './memory-postgres';
import { OrdersReplica } from './orders-replica';
import { APPEND_TO_OUTBOX_SQL } from './outbox-statements';
import { OPEN_REFUND_SQL } from './payment-statements';
import { BrokerLink } from './world';

/** Keeps one statement out of every transaction, and does something else once it has been committed. */
class Sidestep extends MemoryPostgres {
  constructor(
    conditions: ConstructorParameters<typeof MemoryPostgres>[0],
    gate: ConstructorParameters<typeof MemoryPostgres>[1],
    private readonly instead: { readonly sql: string; readonly afterwards: (parameter: string) => Promise<unknown> },
  ) {
    super(conditions, gate);
  }

  override async transaction<T>(work: (transaction: Query) => Promise<T>): Promise<T> {
    const { sql: sidestepped, afterwards } = this.instead;
    const parameters: string[] = [];
    const result = await super.transaction((transaction) =>
      work({
        query: (sql, [parameter, ...rest] = []) => {
          if (spaceless(sql) !== spaceless(sidestepped)) return transaction.query(sql, [parameter, ...rest]);
          parameters.push(String(parameter));
          return Promise.resolve([]);
        },
      }),
    );
    for (const parameter of parameters) await afterwards(parameter);
    return result;
  }
}

export class PublishesAfterCommit extends OrdersReplica {
  protected override connect(): MemoryPostgres {
    const afterwards = (rows: string) => {
      const events = JSON.parse(rows) as (Omit<OutgoingEvent, 'id' | 'time'> & { event_id: string })[];
      return this.linkToBroker().publishAll(events.map((event) => ({ ...event, id: event.event_id, time: '' })));
    };
    return new Sidestep(this.world, this.gate, { sql: APPEND_TO_OUTBOX_SQL, afterwards });
  }
}

export class MarksWithoutConfirm extends OrdersReplica {
  protected override linkToBroker(): BrokerLink {
    return new (class extends BrokerLink {
      override async publishAll(events: readonly OutgoingEvent[]): Promise<{ id: string; ok: boolean }[]> {
        return (await super.publishAll(events)).map(({ id }) => ({ id, ok: true }));
      }
    })(this.world, this.gate);
  }
}

export class ChargesBeforeStockIsReserved extends OrdersReplica {
  override async place(order: NewOrder): Promise<void> {
    await super.place(order);
    const { id: key, totalAmount: amount, currency, paymentMethod: method } = order;
    await this.bank.charge({ key, amount, currency, method, startedAt: Date.now() });
  }

  // Paying is then to find that it was paid.
  protected override callBank(): PaymentProvider {
    return new (class extends BankClient {
      override charge(charge: Charge): Promise<PaymentOutcome> {
        return super.charge({ ...charge, key: charge.method });
      }
      override void(charge: Charge): Promise<PaymentOutcome> {
        return super.void({ ...charge, key: charge.method });
      }
    })(this.world.bank, this.gate);
  }
}

export class RetriesUnderNewKeys extends OrdersReplica {
  protected override callBank(): PaymentProvider {
    return new (class extends BankClient {
      override charge(charge: Attempt): Promise<PaymentOutcome> {
        return super.charge(charge.tries > 1 ? { ...charge, key: randomUUID() } : charge);
      }
    })(this.world.bank, this.gate);
  }
}

export class TakesSilenceForDecline extends OrdersReplica {
  protected override attemptsOf(database: DataSource, orders: OrdersRepository): AttemptsRepository {
    return new (class extends AttemptsRepository {
      override async markUnknown(attemptId: string): Promise<void> {
        await this.settle(attemptId, { status: 'declined' });
      }
    })(database, orders);
  }
}

export class KeepsLateCaptures extends OrdersReplica {
  protected override attemptsOf(database: DataSource, orders: OrdersRepository): AttemptsRepository {
    const { attempts } = this.world.tables;
    return new (class extends AttemptsRepository {
      override async settle(attemptId: string, outcome: PaymentOutcome): Promise<string | undefined> {
        return attempts.get(attemptId)?.status === 'DECLINED' ? undefined : super.settle(attemptId, outcome);
      }
    })(database, orders);
  }
}

export class RefundsFromMemory extends OrdersReplica {
  protected override connect(): MemoryPostgres {
    const afterwards = async (orderId: string) => {
      const attempts = [...this.world.tables.attempts.values()].filter(({ order_id }) => order_id === orderId);
      for (const { id, amount, reference } of attempts)
        if (reference) await this.bank.refund({ key: id, reference, amount: Number(amount) });
    };
    return new Sidestep(this.world, this.gate, { sql: OPEN_REFUND_SQL, afterwards });
  }
}
