import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createGrpcClient, type Promises, ServiceTokens } from '@shop/service-kit';
import type { products } from '@shop/proto';
import { OrdersConfig } from '../config';

/** What orders needs of products: what is on sale, and for how much. */
@Injectable()
export class ProductsClient implements OnApplicationShutdown {
  private readonly client: Promises<products.ProductsServiceClient>;

  constructor(config: OrdersConfig, tokens: ServiceTokens) {
    this.client = createGrpcClient<products.ProductsServiceClient>({
      name: 'products-service',
      service: 'products',
      address: config.PRODUCTS_GRPC_URL,
      config,
      tokens,
    });
  }

  /** Those of the products that exist and are on sale. */
  async get(ids: string[]): Promise<products.Product[]> {
    return (await this.client.getProducts({ ids }, { timeoutMs: 1500 })).items;
  }

  onApplicationShutdown(): void {
    this.client.close();
  }
}
