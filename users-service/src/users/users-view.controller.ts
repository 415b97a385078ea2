import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { pageOf, ServiceTokenGuard } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { IsNumberString, IsOptional, IsString } from 'class-validator';
import { toProto } from './to-proto';
import { UsersRepository } from './users.repository';

class ViewQuery {
  @IsOptional()
  @IsNumberString({ no_symbols: true })
  limit?: string;

  @IsOptional()
  @IsString()
  cursor?: string;
}

/** Read-only, for other apps and operators with a service token. */
@Controller('users')
@UseGuards(ServiceTokenGuard)
export class UsersViewController {
  constructor(private readonly repository: UsersRepository) {}

  @Get()
  async list(@Query() { limit, cursor }: ViewQuery): Promise<{ items: users.User[]; nextCursor: string | null }> {
    const { items, nextCursor } = await this.repository.list(pageOf({ limit: Number(limit ?? 0), cursor }), '');
    return { items: items.map(toProto), nextCursor: nextCursor || null };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<users.User> {
    return toProto(await this.repository.get(id));
  }
}
