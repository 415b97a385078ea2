import { type DynamicModule, Module } from '@nestjs/common';
import { KitModule, Logger, postgresProviders } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';
import { AnonymiseOrdersWhenUserErased } from './orders/anonymise-orders-when-user-erased';
import { CancelOrder } from './orders/cancel-order';
import { ContinueOrderWhenStockReserved } from './orders/continue-order-when-stock-reserved';
import { FailOrderWhenStockRejected } from './orders/fail-order-when-stock-rejected';
import { IdempotencyKeys } from './orders/idempotency-keys';
import { ListOrders } from './orders/list-orders';
import { OrderBacklog } from './orders/order-backlog';
import { OrderProgress } from './orders/order-progress';
import { OrdersController } from './orders/orders.controller';
import { OrdersRepository } from './orders/orders.repository';
import { OrdersViewController } from './orders/orders-view.controller';
import { PlaceOrder } from './orders/place-order';
import { SealedAddresses } from './orders/sealed-address';
import { ResumeStuckOrders } from './orders/resume-stuck-orders';
import { ShowOpenOrders } from './orders/show-open-orders';
import { UpdateOrderStatus } from './orders/update-order-status';
import { WaitForOutcome } from './orders/wait-for-outcome';
import { ApplyOutcome } from './payments/apply-outcome';
import { AttemptsRepository } from './payments/attempts.repository';
import { ChargeCard } from './payments/charge-card';
import { choosePaymentProvider } from './payments/choose-payment-provider';
import { PayOrder } from './payments/pay-order';
import { PayRefunds } from './payments/pay-refunds';
import { PaymentProvider } from './payments/payment-provider';
import { PaymentsController } from './payments/payments.controller';
import { RecordPaymentOutcome } from './payments/record-payment-outcome';
import { RefundsRepository } from './payments/refunds.repository';
import { ResolveUnknownPayments } from './payments/resolve-unknown-payments';
import { ResumePayments } from './payments/resume-payments';
import { WarnOfOtherProviders } from './payments/warn-of-other-providers';
import { ProductsClient } from './products/products.client';
import { ComparedOrders } from './reconciliation/compared-orders.repository';
import { DriftsRepository } from './reconciliation/drifts.repository';
import { LedgerDrift } from './reconciliation/ledger-drift';
import { MendDrift } from './reconciliation/mend-drift';
import { Reconcile } from './reconciliation/reconcile';
import { ReconcileNowAndThen } from './reconciliation/reconcile-now-and-then';
import { TellOfDrift } from './reconciliation/tell-of-drift';
import { Subscriptions } from './subscriptions';

const ORDERS = [OrdersRepository, IdempotencyKeys, WaitForOutcome, OrderBacklog, OrderProgress, ShowOpenOrders];
const VERBS = [PlaceOrder, CancelOrder, UpdateOrderStatus, ListOrders];
const HANDLERS = [ContinueOrderWhenStockReserved, FailOrderWhenStockRejected, AnonymiseOrdersWhenUserErased];
const MONEY = [AttemptsRepository, RefundsRepository, ApplyOutcome, RecordPaymentOutcome, PayOrder, ChargeCard];
const RECOVERY = [ResumeStuckOrders, ResumePayments, ResolveUnknownPayments, PayRefunds, WarnOfOtherProviders];
const BOOKS = [ComparedOrders, LedgerDrift, Reconcile, DriftsRepository, MendDrift, TellOfDrift, ReconcileNowAndThen];

@Module({})
export class AppModule {
  static forRoot(config: Readonly<OrdersConfig>): DynamicModule {
    return {
      module: AppModule,
      imports: [KitModule.forRoot({ name: 'orders-service', config })],
      controllers: [OrdersController, OrdersViewController, PaymentsController],
      providers: [
        { provide: OrdersConfig, useValue: config },
        ...postgresProviders(DataSource, () => ordersDatabase(config)),
        { provide: SealedAddresses, useValue: new SealedAddresses(config) },
        { provide: PaymentProvider, inject: [OrdersConfig, DataSource, Logger], useFactory: choosePaymentProvider },
        ProductsClient,
        ...ORDERS,
        ...VERBS,
        ...HANDLERS,
        ...MONEY,
        ...RECOVERY,
        ...BOOKS,
        Subscriptions,
      ],
    };
  }
}
