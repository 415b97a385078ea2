import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import type { products } from '@shop/proto';
import { pageOf, ServiceTokenGuard } from '@shop/service-kit';
import { IsNumberString, IsOptional, IsString } from 'class-validator';
import { ProductsRepository } from './products.repository';
import { toProto } from './to-proto';

class ViewQuery {
  @IsOptional()
  @IsNumberString({ no_symbols: true })
  limit?: string;

  @IsOptional()
  @IsString()
  cursor?: string;
}

/** Read-only, for operators and other apps with a service token; users come through the gateway. */
@Controller('products')
@UseGuards(ServiceTokenGuard)
export class ProductsViewController {
  constructor(private readonly repository: ProductsRepository) {}

  @Get()
  async list(@Query() { limit, cursor }: ViewQuery): Promise<{ items: products.Product[]; nextCursor: string | null }> {
    const { items, nextCursor } = await this.repository.list({}, pageOf({ limit: Number(limit ?? 0), cursor }));
    return { items: items.map(toProto), nextCursor: nextCursor || null };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<products.Product> {
    return toProto(await this.repository.get(id));
  }
}
