import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
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
@products.ProductsServiceControllerMethods()
export class ProductsController implements products.ProductsServiceController {
  constructor(
    private readonly repository: ProductsRepository,
    private readonly create: CreateProduct,
    private readonly update: UpdateProduct,
    private readonly archive: ArchiveProduct,
    private readonly adjust: AdjustStock,
  ) {}

  async listProducts(@Payload() request: ListProductsDto): Promise<products.ListProductsResponse> {
    const { items, nextCursor, total } = await this.repository.list(request, pageOf(request.page));
    return { items: items.map(toProto), page: { nextCursor, total } };
  }

  async getProduct(@Payload() { id }: ProductIdDto): Promise<products.Product> {
    return toProto(await this.repository.get(id));
  }

  async getProducts(@Payload() { ids }: GetProductsDto): Promise<products.GetProductsResponse> {
    return { items: (await this.repository.getMany(ids)).map(toProto) };
  }

  async createProduct(@Payload() request: CreateProductDto): Promise<products.Product> {
    return toProto(await this.repository.get(await this.create.execute(request)));
  }

  async updateProduct(@Payload() request: UpdateProductDto): Promise<products.Product> {
    await this.update.execute(request);
    return toProto(await this.repository.get(request.id));
  }

  async adjustStock(@Payload() request: AdjustStockDto): Promise<products.Product> {
    await this.adjust.execute(request);
    return toProto(await this.repository.get(request.productId));
  }

  async archiveProduct(@Payload() { id }: ProductIdDto): Promise<products.ArchiveProductResponse> {
    await this.archive.execute(id);
    return {};
  }
}
