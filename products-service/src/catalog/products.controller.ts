import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { products } from '@shop/proto';
import { pageOf } from '@shop/service-kit';
import { AdjustStock } from '../stock/adjust-stock';
import { ArchiveProduct } from './archive-product';
import { CreateProduct } from './create-product';
import {
  AdjustStockDto,
  CreateProductDto,
  GetProductsDto,
  ListProductsDto,
  ProductIdDto,
  UpdateProductDto,
} from './product.dto';
import { ProductsRepository } from './products.repository';
import { toProto } from './to-proto';
import { UpdateProduct } from './update-product';

@Controller()
export class ProductsController implements Omit<
  products.ProductsServiceController,
  'listStockRecords' | 'listStockLevels'
> {
  constructor(
    private readonly repository: ProductsRepository,
    private readonly create: CreateProduct,
    private readonly update: UpdateProduct,
    private readonly archive: ArchiveProduct,
    private readonly adjust: AdjustStock,
  ) {}

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async listProducts(request: ListProductsDto): Promise<products.ListProductsResponse> {
    const { items, nextCursor, total } = await this.repository.list(request, pageOf(request.page));
    return { items: items.map(toProto), page: { nextCursor, total } };
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async getProduct({ id }: ProductIdDto): Promise<products.Product> {
    return toProto(await this.repository.get(id));
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async getProducts({ ids }: GetProductsDto): Promise<products.GetProductsResponse> {
    return { items: (await this.repository.getMany(ids)).map(toProto) };
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async createProduct(request: CreateProductDto): Promise<products.Product> {
    return toProto(await this.repository.get(await this.create.execute(request)));
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async updateProduct(request: UpdateProductDto): Promise<products.Product> {
    await this.update.execute(request);
    return toProto(await this.repository.get(request.id));
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async adjustStock(request: AdjustStockDto): Promise<products.Product> {
    await this.adjust.execute(request);
    return toProto(await this.repository.get(request.productId));
  }

  @GrpcMethod(products.PRODUCTS_SERVICE_NAME)
  async archiveProduct({ id }: ProductIdDto): Promise<products.ArchiveProductResponse> {
    await this.archive.execute(id);
    return {};
  }
}
