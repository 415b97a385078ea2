import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { products } from '@shop/proto';
import { pageOf } from '@shop/service-kit';
import { StockBooksRepository } from './stock-books.repository';
import { ListStockLevelsDto, ListStockRecordsDto } from './stock-record.dto';
import { toStockLevels, toStockRecord } from './to-proto';

/** For reconciliation: what is written down of orders and units, without a way to change it. */
@Controller()
export class StockBooksController implements Pick<
  products.ProductsServiceController,
  'listStockRecords' | 'listStockLevels'
> {
  constructor(private readonly books: StockBooksRepository) {}

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async listStockRecords({ orderIds, page }: ListStockRecordsDto): Promise<products.ListStockRecordsResponse> {
    if (orderIds.length > 0)
      return { items: (await this.books.recordsOf(orderIds)).map(toStockRecord), page: { nextCursor: '' } };
    const { items, nextCursor } = await this.books.listRecords(pageOf(page));
    return { items: items.map(toStockRecord), page: { nextCursor } };
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async listStockLevels({ page }: ListStockLevelsDto): Promise<products.ListStockLevelsResponse> {
    const { items, nextCursor } = await this.books.listLevels(pageOf(page));
    return { items: items.map(toStockLevels), page: { nextCursor } };
  }
}
