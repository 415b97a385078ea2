import { Body, Controller, Delete, HttpCode, Param, Patch, Post, Put, Req, Res } from '@nestjs/common';
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
import { Roles } from '../auth/access';
import { idempotencyKeyOf, IDEMPOTENCY_KEY_HEADER } from '../http/idempotency-key';
import { LOCATION_HEADER, setLocation } from '../http/location';
import { ApiProblems } from '../http/problems';
import { IdPipe } from '../http/request-rules';
import { EditCatalog } from './edit-catalog';
import { CACHE_HEADERS, revisionOf } from './http-cache';
import { ProductBody } from './product-bodies';
import { AdjustStockDto, CreateProductDto, ReplaceProductDto } from './product-requests';
import { etagOf, toProductBody } from './to-product-body';

const ETAG_HEADER = { ETag: CACHE_HEADERS.ETag };
const PRODUCT_ID = new IdPipe('PRODUCT_NOT_FOUND');

@ApiTags('products')
@Controller('products')
@Roles('admin')
export class ProductsAdminController {
  constructor(private readonly edit: EditCatalog) {}

  @Post()
  @ApiOperation({ summary: 'Add a product' })
  @ApiCreatedResponse({ type: ProductBody, headers: { ...ETAG_HEADER, ...LOCATION_HEADER } })
  @ApiProblems('VALIDATION_FAILED', 'SKU_TAKEN')
  async create(@Body() body: CreateProductDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<ProductBody> {
    const product = await this.edit.create(body, reply.request);
    setLocation(reply, product.id);
    return edited(product, reply);
  }

  @Put(':id')
  @ApiOperation({ summary: 'Replace a product; its stock stays as it is' })
  @ApiHeader({
    name: 'If-Match',
    required: false,
    description: 'The ETag that was read. Its revision must be the current one; a sale in between does no harm',
  })
  @ApiOkResponse({ type: ProductBody, headers: ETAG_HEADER })
  @ApiProblems('VALIDATION_FAILED', 'PRODUCT_NOT_FOUND', 'SKU_TAKEN', 'PRECONDITION_FAILED')
  async replace(
    @Param('id', PRODUCT_ID) id: string,
    @Body() body: ReplaceProductDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductBody> {
    const ifRevision = revisionOf(reply.request.headers['if-match']);
    return edited(await this.edit.replace({ id, ifRevision, body }, reply.request), reply);
  }

  @Patch(':id/stock')
  @ApiOperation({ summary: 'Add to the stock or take from it' })
  @ApiHeader({ ...IDEMPOTENCY_KEY_HEADER, description: 'Repeating the request with the same key changes nothing more' })
  @ApiOkResponse({ type: ProductBody, headers: ETAG_HEADER })
  @ApiProblems('VALIDATION_FAILED', 'PRODUCT_NOT_FOUND', 'INSUFFICIENT_STOCK', 'IDEMPOTENCY_KEY_REUSED')
  async adjustStock(
    @Param('id', PRODUCT_ID) id: string,
    @Body() body: AdjustStockDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProductBody> {
    const adjustment = { ...body, productId: id, key: idempotencyKeyOf(reply.request) };
    return edited(await this.edit.adjustStock(adjustment, reply.request), reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Take a product off sale for good; old orders keep what they bought' })
  @ApiNoContentResponse({ description: 'Gone, now or before' })
  @ApiProblems('PRODUCT_NOT_FOUND')
  archive(@Param('id', PRODUCT_ID) id: string, @Req() request: FastifyRequest): Promise<void> {
    return this.edit.archive(id, request);
  }
}

function edited(product: products.Product, reply: FastifyReply): ProductBody {
  void reply.header('etag', etagOf(product));
  return toProductBody(product, true);
}
