import { Body, Controller, Get, Param, Patch, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { currentUser } from '@shop/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail';
import { Roles } from '../auth/access';
import { OrdersClient } from '../clients.module';
import { LINK_HEADER } from '../http/list-body';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { IdPipe } from '../http/request-rules';
import { OrderBody, OrderListBody } from './order-bodies';
import { AllOrdersQueryDto, UpdateOrderStatusDto } from './order-requests';
import { orderBodyFor } from './to-order-body';

@ApiTags('orders')
@Controller('orders')
@Roles('admin')
export class OrdersAdminController {
  constructor(
    private readonly orders: OrdersClient,
    private readonly trail: AuditTrail,
  ) {}

  @Get('all')
  @ApiOperation({ summary: "Everybody's orders, newest first" })
  @ApiOkResponse({ type: OrderListBody, headers: LINK_HEADER })
  @ApiProblems('VALIDATION_FAILED')
  async all(
    @Query() query: AllOrdersQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<OrderBody>> {
    const { userId = '', status = '' } = query;
    const { items, page } = await this.orders.listOrders({ page: query.pageRequest(), userId, status });
    const user = currentUser();
    return toListBody(reply, reply.request, { items: items.map((order) => orderBodyFor(user, order)), page });
  }

  @Patch(':id/status')
  @ApiOperation({ summary: 'Say that an order was shipped or delivered' })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('VALIDATION_FAILED', 'NOT_FOUND', 'ILLEGAL_TRANSITION')
  async updateStatus(
    @Param('id', new IdPipe()) id: string,
    @Body() { status }: UpdateOrderStatusDto,
    @Req() request: FastifyRequest,
  ): Promise<OrderBody> {
    const order = await this.orders.updateOrderStatus({ id, status });
    await this.trail.recordAdmin(request, {
      action: 'order.status_changed',
      target: `order:${id}`,
      details: { status },
    });
    return orderBodyFor(currentUser(), order);
  }
}
