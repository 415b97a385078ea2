import { randomUUID } from 'node:crypto';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { products } from '@shop/proto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminTrail } from '../audit/admin-trail';
import { CurrentUser, Public, Roles, type SignedInUser } from '../auth/access';
import { ProductsClient } from '../clients.module';
import { idempotencyKeyOf } from '../http/idempotency-key';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import {
  AdjustStockDto,
  CreateProductDto,
  etagOf,
  ProductBody,
  ProductQueryDto,
  ReplaceProductDto,
  toProductBody,
} from './product.bodies';
import { revisionOf, sendCacheable } from './http-cache';

@ApiTags('products')
@Controller('products')
export class ProductsController {
  constructor(
    private readonly products: ProductsClient,
    private readonly trail: AdminTrail,
  ) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Browse the catalogue' })
  @ApiOkResponse({ type: [ProductBody] })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: ProductQueryDto,
    @CurrentUser() user: SignedInUser | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<ProductBody> | undefined> {
    const { search = '', category = '', sort = '', minPrice, maxPrice, inStock } = query;
    const filter = { search, category, sort, minPrice, maxPrice, inStock };
    const { items, page } = await this.products.listProducts({ page: query.pageRequest(), ...filter });
    const admin = user?.role === 'admin';
    const body = toListBody(reply, request, { items: items.map((item) => toProductBody(item, admin)), page });
    return sendCacheable(request, reply, { body, admin });
  }

  @Get(':id')
  @Public()
  @ApiOperation({ summary: 'One product' })
  @ApiOkResponse({ type: ProductBody })
  @ApiProblems('PRODUCT_NOT_FOUND')
  async get(
    @Param('id') id: string,
    @CurrentUser() user: SignedInUser | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductBody | undefined> {
    const product = await this.products.getProduct({ id });
    const admin = user?.role === 'admin';
    return sendCacheable(request, reply, { body: toProductBody(product, admin), etag: etagOf(product), admin });
  }

  @Post()
  @Roles('admin')
  @ApiOperation({ summary: 'Add a product' })
  @ApiCreatedResponse({ type: ProductBody })
  @ApiProblems('VALIDATION_FAILED', 'SKU_TAKEN')
  async create(
    @Body() body: CreateProductDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductBody> {
    const { stock, ...product } = body;
    const created = await this.products.createProduct({ ...fieldsOf(product), available: stock?.available ?? 0 });
    void reply.header('location', `/products/${created.id}`);
    return this.changed(created, 'product.created', { request, reply });
  }

  @Put(':id')
  @Roles('admin')
  @ApiOperation({ summary: 'Replace a product; its stock stays' })
  @ApiHeader({ name: 'If-Match', required: false, description: 'The ETag that was read' })
  @ApiOkResponse({ type: ProductBody })
  @ApiProblems('VALIDATION_FAILED', 'PRODUCT_NOT_FOUND', 'SKU_TAKEN', 'PRECONDITION_FAILED')
  async replace(
    @Param('id') id: string,
    @Body() body: ReplaceProductDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductBody> {
    const ifRevision = revisionOf(request.headers['if-match']);
    const product = await this.products.updateProduct({ id, ...fieldsOf(body), ifRevision });
    return this.changed(product, 'product.updated', { request, reply });
  }

  @Patch(':id/stock')
  @Roles('admin')
  @ApiOperation({ summary: 'Add to the stock or take from it' })
  @ApiOkResponse({ type: ProductBody })
  @ApiProblems('VALIDATION_FAILED', 'PRODUCT_NOT_FOUND', 'INSUFFICIENT_STOCK')
  async adjust(
    @Param('id') id: string,
    @Body() { delta, reason }: AdjustStockDto,
    @Headers('idempotency-key') header: string | undefined,
    @CurrentUser() user: SignedInUser,
    @Req() request: FastifyRequest,
  ): Promise<ProductBody> {
    const key = idempotencyKeyOf(header);
    const adjustmentId = key ? `${user.id}:${id}:${key}` : randomUUID();
    const product = await this.products.adjustStock({ productId: id, delta, reason, adjustmentId });
    this.trail.record(request, {
      action: 'stock.adjusted',
      target: `product:${id}`,
      details: { delta: String(delta), reason },
    });
    return toProductBody(product, true);
  }

  @Delete(':id')
  @Roles('admin')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a product off sale' })
  @ApiNoContentResponse()
  @ApiProblems('PRODUCT_NOT_FOUND')
  async archive(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    await this.products.archiveProduct({ id });
    this.trail.record(request, { action: 'product.archived', target: `product:${id}` });
  }

  private changed(
    product: products.Product,
    action: string,
    http: { request: FastifyRequest; reply: FastifyReply },
  ): ProductBody {
    void http.reply.header('etag', etagOf(product));
    this.trail.record(http.request, { action, target: `product:${product.id}` });
    return toProductBody(product, true);
  }
}

function fieldsOf({ tags, imageUrls, ...rest }: ReplaceProductDto) {
  return { ...rest, tags: tags ?? [], imageUrls: imageUrls ?? [] };
}
