import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { orders, products, users } from '@shop/proto';
import { Certificates, createGrpcClient, type Promises, ServiceTokens } from '@shop/service-kit';
import type { GatewayConfig } from './config';

// Nest injects by class, and the clients are made by a function: these have its type and serve as its name.
function typedAs<C>(): abstract new () => Promises<C> {
  return Object as unknown as abstract new () => Promises<C>;
}

export abstract class UsersClient extends typedAs<users.UsersServiceClient>() {}
export abstract class ProductsClient extends typedAs<products.ProductsServiceClient>() {}
export abstract class OrdersClient extends typedAs<orders.OrdersServiceClient>() {}

/** The gRPC clients of the three services. */
@Module({})
export class ClientsModule implements OnApplicationShutdown {
  constructor(
    @Inject(UsersClient) private readonly users: UsersClient,
    @Inject(ProductsClient) private readonly products: ProductsClient,
    @Inject(OrdersClient) private readonly orders: OrdersClient,
  ) {}

  static forRoot(config: GatewayConfig): DynamicModule {
    const connect = <C extends object>(service: 'users' | 'products' | 'orders', address: string) => ({
      inject: [Certificates, ServiceTokens],
      useFactory: (certificates: Certificates, tokens: ServiceTokens) =>
        createGrpcClient<C>({ name: `${service}-service`, service, address, certificates, tokens }),
    });
    return {
      module: ClientsModule,
      global: true,
      providers: [
        { provide: UsersClient, ...connect<users.UsersServiceClient>('users', config.USERS_GRPC_URL) },
        { provide: ProductsClient, ...connect<products.ProductsServiceClient>('products', config.PRODUCTS_GRPC_URL) },
        { provide: OrdersClient, ...connect<orders.OrdersServiceClient>('orders', config.ORDERS_GRPC_URL) },
      ],
      exports: [UsersClient, ProductsClient, OrdersClient],
    };
  }

  onApplicationShutdown(): void {
    for (const client of [this.users, this.products, this.orders]) client.close();
  }
}
