import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { askedGauge } from '@shop/service-kit';
import type { Model } from 'mongoose';
import { PRODUCT, type ProductDocument } from './catalog/product.schema';
import { STOCK_ORDER, type StockOrderDocument } from './stock/stock-order.schema';

/** So that counting never takes long, however much waits. */
const COUNTED_AT_MOST = 10_000;

/** What other services have in their outbox is here in the documents that it tells of. */
@Injectable()
export class ShowUnsentEvents implements OnApplicationBootstrap {
  constructor(
    @InjectModel(STOCK_ORDER) private readonly orders: Model<StockOrderDocument>,
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
  ) {}

  onApplicationBootstrap(): void {
    askedGauge({
      name: 'outbox_unsent_events',
      help: 'Orders whose reply, and products whose news, the broker does not have yet; the same in every replica',
      read: () => this.count(),
    });
    askedGauge({
      name: 'outbox_oldest_unsent_age_seconds',
      help: 'How long the first of these replies waits; 0 when there is none',
      read: () => this.age(),
    });
  }

  private async count(): Promise<number> {
    const counts = await Promise.all([
      this.orders.find({ pending: true }, { _id: 1 }).limit(COUNTED_AT_MOST).lean(),
      this.products.find({ unpublished: true }, { _id: 1 }).limit(COUNTED_AT_MOST).lean(),
    ]);
    return counts.flat().length;
  }

  private async age(): Promise<number> {
    const pending = await this.orders.find({ pending: true }, { at: 1 }).limit(COUNTED_AT_MOST).lean();
    const oldest = Math.min(...pending.map(({ at }) => at.getTime()));
    return pending.length === 0 ? 0 : Math.max(0, Date.now() - oldest) / 1000;
  }
}
