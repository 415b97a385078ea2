import { Body, Controller, Get, Headers, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { orders } from '@shop/proto';
import { DomainError, isReason } from '@shop/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminTrail } from '../audit/admin-trail';
import { CurrentUser, Roles, type SignedInUser } from '../auth/access';
import { OrdersClient } from '../clients.module';
import { idempotencyKeyOf } from '../http/idempotency-key';
import { type ListBody, toListBody } from '../http/list-query';
import { ApiProblems } from '../http/problems';
import { RateLimit } from '../rate-limit/rate-limit.decorator';
import { AllOrdersQueryDto, OrderBody, OrderQueryDto, PlaceOrderDto, UpdateOrderStatusDto } from './order.bodies';
import { toOrderBody } from './to-order-body';

// Together below the 2.5 s that a client waits at most.
const WAIT_MS = 2200;
const PLACE_TIMEOUT_MS = 2450;
const CANCEL_TIMEOUT_MS = 2800;

@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersClient,
    private readonly trail: AdminTrail,
  ) {}

  @Post()
  @RateLimit('ORDERS')
  @ApiOperation({ summary: 'Order and pay' })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Makes repeating the request harmless for 24 hours',
  })
  @ApiCreatedResponse({ type: OrderBody, description: 'Confirmed' })
  @ApiAcceptedResponse({ type: OrderBody, description: 'Not decided after 2.5 s; it goes on by itself' })
  @ApiProblems(
    'VALIDATION_FAILED',
    'PAYMENT_DECLINED',
    'PRODUCT_NOT_FOUND',
    'OUT_OF_STOCK',
    'REQUEST_IN_PROGRESS',
    'IDEMPOTENCY_KEY_REUSED',
  )
  async place(
    @Body() body: PlaceOrderDto,
    @CurrentUser() user: SignedInUser,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OrderBody> {
    const { items, paymentMethod, shippingAddress: address } = body;
    const shippingAddress = { ...address, line2: address.line2 ?? '', region: address.region ?? '' };
    const request = {
      userId: user.id,
      items,
      paymentMethod,
      shippingAddress,
      idempotencyKey: idempotencyKeyOf(key),
      waitMs: WAIT_MS,
    };
    return answer(await this.orders.placeOrder(request, { timeoutMs: PLACE_TIMEOUT_MS }), reply);
  }

  @Get()
  @ApiOperation({ summary: "The signed-in user's orders, newest first" })
  @ApiOkResponse({ type: [OrderBody] })
  @ApiProblems('VALIDATION_FAILED')
  mine(
    @Query() query: OrderQueryDto,
    @CurrentUser() { id }: SignedInUser,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<OrderBody>> {
    return this.list({ query, userId: id }, request, reply);
  }

  @Get('all')
  @Roles('admin')
  @ApiOperation({ summary: "Everybody's orders, newest first" })
  @ApiOkResponse({ type: [OrderBody] })
  @ApiProblems('VALIDATION_FAILED')
  all(
    @Query() query: AllOrdersQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<OrderBody>> {
    return this.list({ query, userId: query.userId ?? '' }, request, reply);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One order' })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('NOT_FOUND')
  async get(@Param('id') id: string): Promise<OrderBody> {
    return toOrderBody(await this.orders.getOrder({ id }));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancel an order that is not shipped; what was paid is refunded' })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('NOT_FOUND', 'ORDER_NOT_CANCELLABLE')
  async cancel(
    @Param('id') id: string,
    @CurrentUser() user: SignedInUser,
    @Req() request: FastifyRequest,
  ): Promise<OrderBody> {
    const order = await this.orders.cancelOrder({ id }, { timeoutMs: CANCEL_TIMEOUT_MS });
    if (order.userId !== user.id) this.trail.record(request, { action: 'order.cancelled', target: `order:${id}` });
    return toOrderBody(order);
  }

  @Patch(':id/status')
  @Roles('admin')
  @ApiOperation({ summary: 'Say that an order was shipped or delivered' })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('VALIDATION_FAILED', 'NOT_FOUND', 'ILLEGAL_TRANSITION')
  async updateStatus(
    @Param('id') id: string,
    @Body() { status }: UpdateOrderStatusDto,
    @Req() request: FastifyRequest,
  ): Promise<OrderBody> {
    const order = await this.orders.updateOrderStatus({ id, status });
    this.trail.record(request, { action: 'order.status_changed', target: `order:${id}`, details: { status } });
    return toOrderBody(order);
  }

  private async list(
    wanted: { query: OrderQueryDto; userId: string },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<ListBody<OrderBody>> {
    const { query, userId } = wanted;
    const { items, page } = await this.orders.listOrders({
      page: query.pageRequest(),
      userId,
      status: query.status ?? '',
    });
    return toListBody(reply, request, { items: items.map(toOrderBody), page });
  }
}

function answer({ order, outcome, shortages, replayed }: orders.PlaceOrderResponse, reply: FastifyReply): OrderBody {
  if (!order) throw new DomainError('INTERNAL');
  if (replayed) void reply.header('idempotent-replayed', 'true');
  if (outcome === 'OUT_OF_STOCK')
    throw new DomainError('OUT_OF_STOCK', { data: { orderId: order.id, items: shortages } });
  if (isReason(outcome)) throw new DomainError(outcome, { data: { orderId: order.id } });
  void reply.status(outcome === 'pending' ? 202 : 201).header('location', `/orders/${order.id}`);
  return toOrderBody(order);
}
