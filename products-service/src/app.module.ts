import { type DynamicModule, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { KitModule, Logger } from '@shop/service-kit';
import { ArchiveProduct } from './catalog/archive-product';
import { CreateProduct } from './catalog/create-product';
import { ProductsViewController } from './catalog/products-view.controller';
import { ProductsController } from './catalog/products.controller';
import { ProductsRepository } from './catalog/products.repository';
import { PublishProductEvents } from './catalog/publish-product-events';
import { UpdateProduct } from './catalog/update-product';
import { ProductsConfig } from './config';
import { lazyDatabase } from './database';
import { DatabaseHealth } from './database-health';
import { MODELS } from './models';
import { ShowUnsentEvents } from './show-unsent-events';
import { AdjustStock } from './stock/adjust-stock';
import { CommitStockWhenOrderConfirmed } from './stock/commit-stock-when-order-confirmed';
import { MongoStockStore } from './stock/mongo-stock-store';
import { PublishReplies } from './stock/publish-replies';
import { PublishStockUpdates } from './stock/publish-stock-updates';
import { ReleaseStockWhenOrderCancelled } from './stock/release-stock-when-order-cancelled';
import { ReserveStockWhenOrderCreated } from './stock/reserve-stock-when-order-created';
import { StockBooksController } from './stock/stock-books.controller';
import { StockBooksRepository } from './stock/stock-books.repository';
import { Sweeper } from './stock/sweeper';
import { Subscriptions } from './subscriptions';

const CATALOG = [ProductsRepository, CreateProduct, UpdateProduct, ArchiveProduct, PublishProductEvents];
const STOCK_STEPS = [MongoStockStore, StockBooksRepository, AdjustStock, PublishReplies, PublishStockUpdates, Sweeper];
const HANDLERS = [ReserveStockWhenOrderCreated, ReleaseStockWhenOrderCancelled, CommitStockWhenOrderConfirmed];

@Module({})
export class AppModule {
  static forRoot(config: Readonly<ProductsConfig>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        KitModule.forRoot({ name: 'products-service', config }),
        MongooseModule.forRootAsync({
          inject: [Logger],
          useFactory: (logger: Logger) => lazyDatabase(config, logger),
        }),
        MongooseModule.forFeature(MODELS),
      ],
      controllers: [ProductsController, StockBooksController, ProductsViewController],
      providers: [
        { provide: ProductsConfig, useValue: config },
        DatabaseHealth,
        ShowUnsentEvents,
        ...CATALOG,
        ...STOCK_STEPS,
        ...HANDLERS,
        Subscriptions,
      ],
    };
  }
}
