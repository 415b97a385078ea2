import { uncheckedRequests } from '@shop/service-kit/testing';
import { StockBooksController } from '../stock/stock-books.controller';
import { ProductsController } from './products.controller';

test('when any call of the contract comes in, then every field of its request has a rule', () => {
  expect(uncheckedRequests('products', ProductsController, StockBooksController)).toEqual([]);
});
