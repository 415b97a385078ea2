import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DomainError, requireAdmin } from '@shop/service-kit';
import type { Model } from 'mongoose';
import { ProductsConfig } from '../config';
import { isDuplicateSku } from './create-product';
import { editedFields } from './edited-fields';
import { pendingEvent } from './pending-event';
import type { UpdateProductDto } from './product.dto';
import { PRODUCT, type ProductDocument } from './product.schema';
import { PublishProductEvents } from './publish-product-events';

@Injectable()
export class UpdateProduct {
  constructor(
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    private readonly events: PublishProductEvents,
    private readonly config: ProductsConfig,
  ) {}

  /** @throws DomainError PRODUCT_NOT_FOUND, PRECONDITION_FAILED when it is not `ifRevision` any more, SKU_TAKEN. */
  async execute(request: UpdateProductDto): Promise<void> {
    requireAdmin();
    if (await this.write(request)) return this.events.publish(request.id);
    if (await this.products.exists({ _id: request.id, active: true })) throw new DomainError('PRECONDITION_FAILED');
    throw new DomainError('PRODUCT_NOT_FOUND');
  }

  private async write({ id, ifRevision, ...fields }: UpdateProductDto): Promise<boolean> {
    const now = new Date();
    try {
      const { modifiedCount } = await this.products.updateOne(
        { _id: id, active: true, ...(ifRevision === undefined ? {} : { revision: ifRevision }) },
        {
          $set: { ...editedFields(fields, this.config.CURRENCY), updatedAt: now, unpublished: true },
          $inc: { revision: 1 },
          $push: { pendingEvents: pendingEvent('product.updated', now) },
        },
      );
      return modifiedCount === 1;
    } catch (error) {
      throw isDuplicateSku(error) ? new DomainError('SKU_TAKEN', { cause: error }) : error;
    }
  }
}
