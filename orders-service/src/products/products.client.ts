import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Certificates, createGrpcClient, type Promises, ServiceTokens } from '@shop/service-kit';
import type { products } from '@shop/proto';
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

/** What orders needs of products: what is on sale, and for how much. */
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

  onApplicationShutdown(): void {
    this.client.close();
  }
}
