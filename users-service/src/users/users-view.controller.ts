import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { pageOf, ServiceTokenGuard } from '@shop/service-kit';
import type { users } from '@shop/proto';
import { toProto } from './to-proto';
import { UsersRepository } from './users.repository';

/** Read-only, for other apps and operators with a service token. */
@Controller('users')
@UseGuards(ServiceTokenGuard)
export class UsersViewController {
  constructor(private readonly repository: UsersRepository) {}

  @Get()
  async list(): Promise<{ items: users.User[] }> {
    const { items } = await this.repository.list(pageOf({ limit: 100 }), '');
    return { items: items.map(toProto) };
  }

  @Get(':id')
  async get(@Param('id') id: string): Promise<users.User> {
    return toProto(await this.repository.get(id));
  }
}
