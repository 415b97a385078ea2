import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { ServiceTokenGuard } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { OrdersRepository } from './orders.repository';
import { toProto } from './to-proto';

/** Read-only, for other apps and operators with a service token. */
@Controller('orders')
@UseGuards(ServiceTokenGuard)
export class OrdersViewController {
  constructor(private readonly repository: OrdersRepository) {}

  @Get(':id')
  async get(@Param('id') id: string): Promise<orders.Order> {
    return toProto(await this.repository.get(id));
  }
}
