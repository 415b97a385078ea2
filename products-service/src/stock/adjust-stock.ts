import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DomainError, requireAdmin } from '@shop/service-kit';
import { type Model, trusted } from 'mongoose';
import type { AdjustStockDto } from '../catalog/product.dto';
import { PRODUCT, type ProductDocument } from '../catalog/product.schema';
import { PublishStockUpdates } from './publish-stock-updates';
import { STOCK, type StockDocument } from './stock.schema';

// A client may repeat an adjustment for a day; an hour more for clocks that disagree.
const REMEMBERED_MS = 25 * 3_600_000;
// All of them are in the one document that every sale of the product rewrites.
const MOST_REMEMBERED = 2000;

/** Goods that came in, were lost or counted anew. */
@Injectable()
export class AdjustStock {
  constructor(
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    private readonly updates: PublishStockUpdates,
  ) {}

  /** Once per admin and adjustment id. @throws DomainError INSUFFICIENT_STOCK, PRODUCT_NOT_FOUND, IDEMPOTENCY_KEY_REUSED, RATE_LIMITED */
  async execute({ productId, delta, reason, adjustmentId }: AdjustStockDto): Promise<void> {
    const id = `${requireAdmin().id}:${adjustmentId}`;
    if (!(await this.products.exists({ _id: productId, active: true }))) throw new DomainError('PRODUCT_NOT_FOUND');
    await this.forgetOld(productId);
    const applied = await this.apply(productId, { id, delta, reason, at: new Date() });
    if (applied) return this.updates.nudge();
    const stock = await this.stock.findById(productId, { available: 1, adjustments: 1 }).lean();
    if (!stock) throw new DomainError('PRODUCT_NOT_FOUND');
    const earlier = stock.adjustments.find((adjustment) => adjustment.id === id);
    if (earlier && earlier.delta !== delta) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
    if (!earlier) throw refusalOf(stock);
  }

  private async forgetOld(productId: string): Promise<void> {
    const old = { at: trusted({ $lt: new Date(Date.now() - REMEMBERED_MS) }) };
    await this.stock.updateOne({ _id: productId }, { $pull: { adjustments: old } });
  }

  private async apply(productId: string, adjustment: StockDocument['adjustments'][number]): Promise<boolean> {
    const { id, delta } = adjustment;
    const result = await this.stock.updateOne(
      {
        _id: productId,
        'adjustments.id': trusted({ $ne: id }),
        [`adjustments.${MOST_REMEMBERED - 1}`]: trusted({ $exists: false }),
        ...(delta < 0 ? { available: trusted({ $gte: -delta }) } : {}),
      },
      {
        $inc: { available: delta, adjusted: delta, v: 1 },
        $set: { dirty: true },
        $push: { adjustments: adjustment },
      },
    );
    return result.modifiedCount === 1;
  }
}

function refusalOf({ adjustments, available }: Pick<StockDocument, 'adjustments' | 'available'>): DomainError {
  if (adjustments.length < MOST_REMEMBERED) return new DomainError('INSUFFICIENT_STOCK', { data: { available } });
  const detail = `A product takes ${MOST_REMEMBERED} adjustments a day`;
  return new DomainError('RATE_LIMITED', { detail, retryAfterMs: 3_600_000 });
}
