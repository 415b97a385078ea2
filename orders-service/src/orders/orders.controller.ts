import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { currentUser } from '@shop/service-kit';
import { orders } from '@shop/proto';
import { CancelOrder } from './cancel-order';
import { ListOrders } from './list-orders';
import { ListOrdersDto, OrderIdDto, PlaceOrderDto, UpdateOrderStatusDto } from './order.dto';
import { OrdersRepository } from './orders.repository';
import { PlaceOrder } from './place-order';
import { toProto } from './to-proto';
import { UpdateOrderStatus } from './update-order-status';

@Controller()
export class OrdersController implements Omit<orders.OrdersServiceController, 'recordPaymentOutcome'> {
  constructor(
    private readonly place: PlaceOrder,
    private readonly repository: OrdersRepository,
    private readonly list: ListOrders,
    private readonly cancel: CancelOrder,
    private readonly updateStatus: UpdateOrderStatus,
  ) {}

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  placeOrder(request: PlaceOrderDto): Promise<orders.PlaceOrderResponse> {
    return this.place.execute(request);
  }

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  async getOrder({ id }: OrderIdDto): Promise<orders.Order> {
    return toProto(await this.repository.getFor(currentUser(), id));
  }

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  listOrders(request: ListOrdersDto): Promise<orders.ListOrdersResponse> {
    return this.list.execute(request);
  }

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  async cancelOrder({ id }: OrderIdDto): Promise<orders.Order> {
    return toProto(await this.cancel.execute(id));
  }

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  async updateOrderStatus(request: UpdateOrderStatusDto): Promise<orders.Order> {
    return toProto(await this.updateStatus.execute(request));
  }
}
