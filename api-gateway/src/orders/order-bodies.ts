import { ApiProperty, ApiPropertyOptional, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { PageBody } from '../http/list-body';
import { MoneyBody } from '../http/money-body';
import { AddressDto, STATUSES } from './order-requests';

const PAYMENT_STATUSES = ['pending', 'captured', 'declined', 'refund_pending', 'refunded'];

@ApiSchema({ name: 'OrderItem', description: 'A product as it was when it was ordered' })
class OrderItemBody {
  @ApiProperty({ example: '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11' })
  productId: string;

  @ApiProperty({ example: 'MUG-BLUE', description: 'As it was when ordered, like name and price' })
  sku: string;

  @ApiProperty({ example: 'Blue mug' })
  name: string;

  @ApiProperty({ type: MoneyBody })
  unitPrice: MoneyBody;

  @ApiProperty({ example: 2, type: 'integer' })
  quantity: number;

  @ApiProperty({ type: MoneyBody, example: { amount: 3998, currency: 'USD' } })
  lineTotal: MoneyBody;
}

@ApiSchema({ name: 'Payment', description: 'How it was paid' })
class PaymentBody {
  @ApiProperty({ example: 'simulated' })
  provider: string;

  @ApiProperty({ example: 'pm_card_visa' })
  method: string;

  @ApiProperty({ enum: PAYMENT_STATUSES, example: 'captured' })
  status: string;

  @ApiPropertyOptional({ example: 'sim_5b9c1a52', description: "The provider's own name of it, once it has one" })
  reference?: string;
}

@ApiSchema({ name: 'OrderHistoryEntry', description: 'When the order came to be so' })
class HistoryBody {
  @ApiProperty({ enum: STATUSES, example: 'confirmed' })
  status: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  at: string;

  @ApiPropertyOptional({ example: 'OUT_OF_STOCK' })
  reason?: string;

  @ApiPropertyOptional({
    example: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11',
    description: 'The user who did it; for admins',
  })
  by?: string;
}

@ApiSchema({ name: 'Order', description: 'An order with its payment' })
export class OrderBody {
  @ApiProperty({ example: '5b9c1a52-8c52-4a43-9b3d-0c7c1f2e3d4f' })
  id: string;

  @ApiProperty({ example: '2026-000123', description: 'For people' })
  number: string;

  @ApiProperty({ example: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11' })
  userId: string;

  @ApiProperty({ enum: STATUSES, example: 'confirmed' })
  status: string;

  @ApiProperty({ type: [OrderItemBody] })
  items: OrderItemBody[];

  @ApiProperty({ type: MoneyBody, example: { amount: 3998, currency: 'USD' } })
  total: MoneyBody;

  @ApiProperty({ type: PaymentBody })
  payment: PaymentBody;

  @ApiProperty({
    oneOf: [{ $ref: getSchemaPath('Address') }, { type: 'null' }],
    description: 'Null once its owner was erased',
  })
  shippingAddress: AddressDto | null;

  @ApiProperty({ type: [HistoryBody] })
  history: HistoryBody[];

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  updatedAt: string;
}

@ApiSchema({ name: 'OrderList', description: 'One page of orders' })
export class OrderListBody extends PageBody {
  @ApiProperty({ type: [OrderBody] })
  items: OrderBody[];
}
