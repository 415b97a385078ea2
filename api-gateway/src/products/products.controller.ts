import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { products } from '@shop/proto';
import type { FastifyReply } from 'fastify';
import { CurrentUser, Public, type SignedInUser } from '../auth/access';
import { LINK_HEADER } from '../http/list-body';
import { setNextLink } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { IdPipe } from '../http/request-rules';
import { Catalog } from './catalog';
import { CACHE_HEADERS, sendPrivately, sendPublicly } from './http-cache';
import { ProductBody, ProductListBody } from './product-bodies';
import { ProductQueryDto } from './product-requests';

const IF_NONE_MATCH = { name: 'If-None-Match', required: false, description: 'The ETag of what you have' };
const NOT_MODIFIED = { status: 304, description: 'You have it already', headers: CACHE_HEADERS };

@ApiTags('products')
@Controller('products')
export class ProductsController {
  constructor(private readonly catalog: Catalog) {}

  @Get()
  @Public()
  @ApiOperation({ summary: 'Browse and search the catalogue', description: 'At most a second old; never for admins' })
  @ApiHeader(IF_NONE_MATCH)
  @ApiOkResponse({ type: ProductListBody, headers: { ...CACHE_HEADERS, ...LINK_HEADER } })
  @ApiResponse(NOT_MODIFIED)
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: ProductQueryDto,
    @CurrentUser() user: SignedInUser | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const forAdmin = user?.role === 'admin';
    const answer = await this.catalog.list(toRequest(query), forAdmin);
    setNextLink(reply, reply.request, answer.page);
    return forAdmin ? sendPrivately(reply, answer) : sendPublicly(reply, answer);
  }

  @Get(':id')
  @Public()
  @ApiOperation({ summary: 'One product', description: 'At most a second old; never for admins' })
  @ApiHeader(IF_NONE_MATCH)
  @ApiOkResponse({ type: ProductBody, headers: CACHE_HEADERS })
  @ApiResponse(NOT_MODIFIED)
  @ApiProblems('PRODUCT_NOT_FOUND')
  async get(
    @Param('id', new IdPipe('PRODUCT_NOT_FOUND')) id: string,
    @CurrentUser() user: SignedInUser | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Buffer | undefined> {
    const forAdmin = user?.role === 'admin';
    const answer = await this.catalog.detail(id, forAdmin);
    return forAdmin ? sendPrivately(reply, answer) : sendPublicly(reply, answer);
  }
}

function toRequest(query: ProductQueryDto): products.ListProductsRequest {
  const { search = '', category = '', sort = '', minPrice, maxPrice, inStock } = query;
  return { page: query.pageRequest(), search, category, minPrice, maxPrice, inStock, sort };
}
