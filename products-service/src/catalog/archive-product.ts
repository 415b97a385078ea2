import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DomainError, requireAdmin } from '@shop/service-kit';
import type { Model } from 'mongoose';
import { pendingEvent } from './pending-event';
import { PRODUCT, type ProductDocument } from './product.schema';
import { PublishProductEvents } from './publish-product-events';

@Injectable()
export class ArchiveProduct {
  constructor(
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    private readonly events: PublishProductEvents,
  ) {}

  /** Takes the product off sale; what is reserved or sold of it goes its way. @throws DomainError PRODUCT_NOT_FOUND */
  async execute(id: string): Promise<void> {
    requireAdmin();
    const now = new Date();
    const { modifiedCount } = await this.products.updateOne(
      { _id: id, active: true },
      {
        $set: { active: false, updatedAt: now, unpublished: true },
        $inc: { revision: 1 },
        $push: { pendingEvents: pendingEvent('product.archived', now) },
      },
    );
    if (modifiedCount === 1) return this.events.publish(id);
    if (!(await this.products.exists({ _id: id }))) throw new DomainError('PRODUCT_NOT_FOUND');
  }
}
