import { type DynamicModule, Global, Module } from '@nestjs/common';
import { KitModule } from '@shop/service-kit';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { ClientsModule } from './clients.module';
import { GatewayConfig } from './config';
import { MetricsListener } from './http/metrics-listener';
import { OrdersModule } from './orders/orders.module';
import { ProductsModule } from './products/products.module';
import { RedisModule } from './redis/redis.module';
import { Subscriptions } from './subscriptions';
import { UsersModule } from './users/users.module';
import { WebhooksModule } from './webhooks/webhooks.module';

export const APP_NAME = 'api-gateway';

/** The HTTP port is the public one, so metrics are on another. */
function outside(config: GatewayConfig): DynamicModule[] {
  return [KitModule.forRoot({ name: APP_NAME, config, metrics: false }), ClientsModule.forRoot(config)];
}

@Global()
@Module({})
export class AppModule {
  /** Tests give their own modules for what is outside the process: event bus and gRPC clients. */
  static forRoot(config: GatewayConfig, outsideModules = outside(config)): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ...outsideModules,
        RedisModule,
        AuthModule,
        UsersModule,
        ProductsModule,
        OrdersModule,
        AuditModule,
        WebhooksModule,
      ],
      providers: [{ provide: GatewayConfig, useValue: config }, Subscriptions, MetricsListener],
      exports: [GatewayConfig],
    };
  }
}
