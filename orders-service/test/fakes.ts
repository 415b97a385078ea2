import { randomUUID } from 'node:crypto';
import { Controller, type DynamicModule, Injectable } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { products, type types } from '@shop/proto';
import {
  Certificates,
  DomainError,
  Health,
  Logger,
  type OutgoingEvent,
  ServiceTokens,
  startApp,
} from '@shop/service-kit';
import { InMemoryEventBus } from '@shop/service-kit/testing';
import type { OrdersConfig } from '../src/config';
import { SimulatedProvider } from '../src/payments/simulated-provider';

/** How stock answers an order of a product. */
type Stock = 'plenty' | 'none' | 'silent';

export class Catalogue {
  readonly onSale = new Map<string, products.Product>();
  private readonly stock = new Map<string, Stock>();

  add(changes: { price?: number; currency?: string; stock?: Stock } = {}): string {
    const { price = 1250, currency = 'USD', stock = 'plenty' } = changes;
    const id = randomUUID();
    const product = { id, sku: `SKU-${id}`, name: `Product ${id}`, price: { amount: price, currency } };
    this.onSale.set(id, product as products.Product);
    this.stock.set(id, stock);
    return id;
  }

  /** What products-service would say that its stock has written down. */
  readonly records = new Map<string, products.StockRecord>();
  readonly levels = new Map<string, products.StockLevels>();

  booksAreAway = false;
  /** What happens while somebody looks into the records. */
  meanwhile?: () => Promise<void>;

  stockFor(lines: readonly { productId: string }[]): Stock {
    const all = lines.map(({ productId }) => this.stock.get(productId) ?? 'silent');
    return (['silent', 'none'] as const).find((answer) => all.includes(answer)) ?? 'plenty';
  }
}

/** products-service as orders may use it: three methods, for orders-service alone, with arguments that it would take. */
@Controller()
class FakeProducts {
  constructor(private readonly catalogue: Catalogue) {}

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  getProducts({ ids }: products.GetProductsRequest): products.GetProductsResponse {
    const acceptable = ids.length > 0 && ids.length <= 50 && new Set(ids).size === ids.length;
    if (!acceptable) throw new DomainError('VALIDATION_FAILED');
    return { items: ids.flatMap((id) => this.catalogue.onSale.get(id) ?? []) };
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async listStockRecords({
    orderIds,
    page,
  }: products.ListStockRecordsRequest): Promise<products.ListStockRecordsResponse> {
    await this.catalogue.meanwhile?.();
    if (orderIds.length > 100) throw new DomainError('VALIDATION_FAILED');
    if (orderIds.length === 0) return pageOf(this.catalogue.records, page);
    return { items: orderIds.flatMap((id) => this.catalogue.records.get(id) ?? []), page: { nextCursor: '' } };
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  listStockLevels({ page }: products.ListStockLevelsRequest): products.ListStockLevelsResponse {
    if (this.catalogue.booksAreAway) throw new DomainError('UNAVAILABLE');
    return pageOf(this.catalogue.levels, page);
  }
}

function pageOf<T>(all: Map<string, T>, page: types.PageRequest | undefined) {
  const { cursor = '', limit = 20 } = page ?? {};
  const ids = [...all.keys()].sort().filter((id) => id > cursor);
  const shown = ids.slice(0, limit);
  return { items: shown.map((id) => all.get(id)!), page: { nextCursor: ids.length > limit ? shown.at(-1)! : '' } };
}

type Settings = Pick<
  OrdersConfig,
  'TLS_CA_FILE' | 'TLS_CERT_FILE' | 'TLS_KEY_FILE' | 'GRPC_PORT' | 'JWT_SERVICE_SECRET'
>;

export function startFakeProducts(catalogue: Catalogue, settings: Settings): ReturnType<typeof startApp> {
  const name = 'products-service';
  const logger = Logger.create(name, 'silent');
  const module: DynamicModule = {
    module: class {},
    controllers: [FakeProducts],
    providers: [
      { provide: Catalogue, useValue: catalogue },
      { provide: Health, useValue: new Health() },
      { provide: Logger, useValue: logger },
      { provide: Certificates, useValue: new Certificates(settings, logger) },
      { provide: ServiceTokens, useValue: new ServiceTokens(name, settings.JWT_SERVICE_SECRET) },
    ],
  };
  const config = { HTTP_PORT: 0, HTTP_HOST: '127.0.0.1', GRPC_HOST: '127.0.0.1', ...settings } as OrdersConfig;
  const may = ['orders-service'];
  const allow = { GetProducts: may, ListStockRecords: may, ListStockLevels: may };
  return startApp({ name, module, config, grpc: { contracts: ['products'], allow } });
}

/** The broker, with stock behind it: every order.created is answered at once, unless the catalogue says otherwise. */
export class BusWithStock extends InMemoryEventBus {
  /** Answers that this service refused to take. */
  readonly refused: unknown[] = [];

  constructor(private readonly catalogue: Catalogue) {
    super();
  }

  override publishAll(events: readonly OutgoingEvent[]) {
    const created = this.connected ? events.filter(({ type }) => type === 'order.created') : [];
    for (const event of created) setImmediate(() => void this.answer(event));
    return super.publishAll(events);
  }

  private async answer({ subject, data }: OutgoingEvent): Promise<void> {
    const { lines } = data as { lines: { productId: string; quantity: number }[] };
    const stock = this.catalogue.stockFor(lines);
    if (stock === 'silent') return;
    const event = stock === 'plenty' ? aStockEvent('stock.reserved', subject) : aRejection(subject, lines);
    await this.deliver(event).catch((error: unknown) => this.refused.push(error));
  }
}

export function aStockEvent(type: 'stock.reserved' | 'stock.rejected', orderId: string, more: object = {}) {
  return { id: randomUUID(), type, subject: orderId, time: new Date().toISOString(), data: { orderId, ...more } };
}

function aRejection(orderId: string, lines: readonly { productId: string; quantity: number }[]): OutgoingEvent {
  const shortages = lines.map(({ productId, quantity }) => ({ productId, requested: quantity, available: 0 }));
  return aStockEvent('stock.rejected', orderId, { shortages });
}

type Question = 'charge' | 'lookUp' | 'void' | 'refund';
type Answer<Q extends Question> = ReturnType<SimulatedProvider[Q]>;
type Argument<Q extends Question> = Parameters<SimulatedProvider[Q]>[0];
type Behaviour = { [Q in Question]?: (really: () => Answer<Q>, argument: Argument<Q>) => Answer<Q> };

/** The simulated provider with its real ledger; a test may come between the question and the answer. */
@Injectable()
export class InterruptedProvider extends SimulatedProvider {
  readonly asked: { readonly what: Question; readonly key: string }[] = [];
  instead: Behaviour = {};

  override charge(charge: Argument<'charge'>): Answer<'charge'> {
    this.asked.push({ what: 'charge', key: charge.key });
    const really = () => super.charge(charge);
    return this.instead.charge?.(really, charge) ?? really();
  }

  override lookUp(key: string): Answer<'lookUp'> {
    this.asked.push({ what: 'lookUp', key });
    const really = () => super.lookUp(key);
    return this.instead.lookUp?.(really, key) ?? really();
  }

  override void(charge: Argument<'void'>): Answer<'void'> {
    this.asked.push({ what: 'void', key: charge.key });
    const really = () => super.void(charge);
    return this.instead.void?.(really, charge) ?? really();
  }

  override refund(refund: Argument<'refund'>): Answer<'refund'> {
    this.asked.push({ what: 'refund', key: refund.key });
    const really = () => super.refund(refund);
    return this.instead.refund?.(really, refund) ?? really();
  }

  askedAbout(key: string): Question[] {
    return this.asked.filter((one) => one.key === key).map(({ what }) => what);
  }
}
