import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Certificates, createGrpcClient, type Promises, ServiceTokens } from '@shop/service-kit';
import type { products, types } from '@shop/proto';
import { OrdersConfig } from '../config';

/** A product as an order needs it. */
export interface ProductOnSale {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  /** In the smallest unit of the currency. */
  readonly price: number;
  readonly currency: string;
}

/** What the stock has written down about an order. */
export interface StockRecord {
  readonly orderId: string;
  readonly state: string;
  readonly lines: readonly { readonly productId: string; readonly quantity: number }[];
  /** Products whose units of this order are not where the state says. */
  readonly disagreeing: readonly string[];
}

export interface StockLevels {
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly adjusted: number;
  readonly reservedFor: readonly { readonly orderId: string; readonly quantity: number }[];
}

const BOOKS = { timeoutMs: 5000 };
const PAGE = 100;

/** What orders needs of products: what is on sale, and for how much; and, to compare, what stock knows of orders. */
@Injectable()
export class ProductsClient implements OnApplicationShutdown {
  private readonly client: Promises<products.ProductsServiceClient>;

  constructor(
    private readonly config: OrdersConfig,
    certificates: Certificates,
    tokens: ServiceTokens,
  ) {
    this.client = createGrpcClient<products.ProductsServiceClient>({
      name: 'products-service',
      service: 'products',
      address: config.PRODUCTS_GRPC_URL,
      certificates,
      tokens,
    });
  }

  /** Those of the products that exist and are on sale. */
  async get(ids: string[]): Promise<ProductOnSale[]> {
    const { items } = await this.client.getProducts({ ids }, { timeoutMs: 1500 });
    return items.map(({ id, sku, name, price }) => {
      // Adding amounts of two currencies would make a total of neither.
      if (price?.currency !== this.config.CURRENCY) throw new Error(`product ${id} is not priced in CURRENCY`);
      return { id, sku, name, price: price.amount, currency: price.currency };
    });
  }

  /** Of up to 100 orders; one that stock does not know is left out. */
  async recordsOf(orderIds: string[]): Promise<Map<string, StockRecord>> {
    if (orderIds.length === 0) return new Map();
    const { items } = await this.client.listStockRecords({ orderIds, page: undefined }, BOOKS);
    return new Map(items.map((item) => [item.orderId, item]));
  }

  allRecords(): AsyncIterable<StockRecord[]> {
    return pagesOf((page) => this.client.listStockRecords({ orderIds: [], page }, BOOKS));
  }

  allLevels(): AsyncIterable<StockLevels[]> {
    return pagesOf((page) => this.client.listStockLevels({ page }, BOOKS));
  }

  onApplicationShutdown(): void {
    this.client.close();
  }
}

type Ask<T> = (page: types.PageRequest) => Promise<{ items: T[]; page?: types.PageInfo | undefined }>;

async function* pagesOf<T>(ask: Ask<T>): AsyncIterable<T[]> {
  let cursor = '';
  do {
    const { items, page } = await ask({ limit: PAGE, cursor, page: 0 });
    yield items;
    cursor = page?.nextCursor ?? '';
  } while (cursor);
}
