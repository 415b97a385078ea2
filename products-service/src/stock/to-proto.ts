import type { products } from '@shop/proto';
import type { CheckedRecord } from './stock-books.repository';
import type { StockDocument } from './stock.schema';

export function toStockRecord({ _id, state, lines, disagreeing }: CheckedRecord): products.StockRecord {
  return {
    orderId: _id,
    state,
    lines: lines.map(({ productId, quantity }) => ({ productId, quantity })),
    disagreeing: [...disagreeing],
  };
}

export function toStockLevels(
  stock: Pick<StockDocument, '_id' | 'available' | 'reserved' | 'sold' | 'adjusted' | 'marks'>,
): products.StockLevels {
  const { _id: productId, available, reserved, sold, adjusted, marks } = stock;
  const held = marks.filter(({ st }) => st === 'R').map(({ o, n }) => ({ orderId: o, quantity: n }));
  return { productId, available, reserved, sold, adjusted, reservedFor: held };
}
