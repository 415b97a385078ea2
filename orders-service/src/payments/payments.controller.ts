import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { orders } from '@shop/proto';
import { PaymentOutcomeDto } from './payment-outcome.dto';
import { RecordPaymentOutcome } from './record-payment-outcome';

@Controller()
export class PaymentsController implements Pick<orders.OrdersServiceController, 'recordPaymentOutcome'> {
  constructor(private readonly record: RecordPaymentOutcome) {}

  @GrpcMethod(orders.ORDERS_SERVICE_NAME)
  async recordPaymentOutcome(request: PaymentOutcomeDto): Promise<orders.RecordPaymentOutcomeResponse> {
    await this.record.execute(request);
    return {};
  }
}
