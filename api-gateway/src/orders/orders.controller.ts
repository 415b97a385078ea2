import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { currentUser } from '@shop/service-kit';
import type { FastifyReply } from 'fastify';
import { AuditTrail } from '../audit/audit-trail';
import { CurrentUser, type SignedInUser } from '../auth/access';
import { OrdersClient } from '../clients.module';
import { IDEMPOTENCY_KEY_HEADER, idempotencyKeyOf } from '../http/idempotency-key';
import { LINK_HEADER } from '../http/list-body';
import { type ListBody, toListBody } from '../http/list-query';
import { LOCATION_HEADER } from '../http/location';
import { ApiProblems, REPLAYED_HEADER } from '../http/problems';
import { IdPipe } from '../http/request-rules';
import { RateLimit } from '../rate-limit/rate-limit.decorator';
import { OrderBody, OrderListBody } from './order-bodies';
import { PENDING_ORDER } from './order-example';
import { NothingDto, OrderQueryDto, PlaceOrderDto } from './order-requests';
import { PlaceOrder } from './place-order';
import { orderBodyFor, toOrderBody } from './to-order-body';

const ORDER_ID = new IdPipe();
// orders-service waits 2 s for a payment that is under way.
const CANCEL_TIMEOUT_MS = 2600;

const PLACED = { type: OrderBody, headers: { ...LOCATION_HEADER, ...REPLAYED_HEADER } };
const STILL_OPEN = {
  ...PLACED,
  example: PENDING_ORDER,
  description:
    'Not decided after 2.5 s; it goes on by itself, read it at Location. With a key used before also: what has been cancelled since',
};

@ApiTags('orders')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersClient,
    private readonly placeOrder: PlaceOrder,
    private readonly trail: AuditTrail,
  ) {}

  @Post()
  @RateLimit('ORDERS')
  @ApiOperation({
    summary: 'Order and pay',
    description:
      'Prices and totals are ours. OUT_OF_STOCK comes with `orderId` and `items: [{ productId, requested, available }]`, ' +
      'PAYMENT_DECLINED with `orderId`: both orders exist and read `failed`.',
  })
  @ApiHeader({ ...IDEMPOTENCY_KEY_HEADER, description: 'Makes repeating the request harmless for 24 hours' })
  @ApiCreatedResponse({ ...PLACED, description: 'Confirmed: in stock and paid' })
  @ApiAcceptedResponse(STILL_OPEN)
  @ApiProblems(
    'VALIDATION_FAILED',
    'PAYMENT_DECLINED',
    'PRODUCT_NOT_FOUND',
    'OUT_OF_STOCK',
    'REQUEST_IN_PROGRESS',
    'IDEMPOTENCY_KEY_REUSED',
  )
  place(
    @Body() body: PlaceOrderDto,
    @CurrentUser() { id: userId }: SignedInUser,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OrderBody> {
    return this.placeOrder.execute({ userId, body, idempotencyKey: idempotencyKeyOf(reply.request) }, reply);
  }

  @Get()
  @ApiOperation({ summary: "The signed-in user's orders, newest first" })
  @ApiOkResponse({ type: OrderListBody, headers: LINK_HEADER })
  @ApiProblems('VALIDATION_FAILED')
  async list(
    @Query() query: OrderQueryDto,
    @CurrentUser() { id: userId }: SignedInUser,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ListBody<OrderBody>> {
    const { status = '' } = query;
    const { items, page } = await this.orders.listOrders({ page: query.pageRequest(), userId, status });
    return toListBody(reply, reply.request, { items: items.map(toOrderBody), page });
  }

  @Get(':id')
  @ApiOperation({ summary: 'One order', description: "Somebody else's is NOT_FOUND, except to admins" })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('NOT_FOUND')
  async get(@Param('id', ORDER_ID) id: string): Promise<OrderBody> {
    return orderBodyFor(currentUser(), await this.orders.getOrder({ id }));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Cancel an order that is not shipped; what was paid is refunded',
    description:
      'Repeating it answers the same. ORDER_NOT_CANCELLABLE when it is shipped or has failed, and with Retry-After while it ' +
      'is being paid.',
  })
  @ApiBody({ type: NothingDto, required: false })
  @ApiOkResponse({ type: OrderBody })
  @ApiProblems('NOT_FOUND', 'ORDER_NOT_CANCELLABLE')
  async cancel(
    @Param('id', ORDER_ID) id: string,
    @Body() _nothing: NothingDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OrderBody> {
    const order = await this.orders.cancelOrder({ id }, { timeoutMs: CANCEL_TIMEOUT_MS });
    if (order.userId !== currentUser().id) {
      const act = { action: 'order.cancelled_by_admin', target: `order:${id}`, once: id } as const;
      await this.trail.recordAdmin(reply.request, act);
    }
    return orderBodyFor(currentUser(), order);
  }
}
