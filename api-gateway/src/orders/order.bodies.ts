import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { ListQueryDto } from '../http/list-query';

const STATUSES = ['pending', 'confirmed', 'failed', 'cancelled', 'shipped', 'delivered'];

class OrderLineDto {
  @ApiProperty()
  @IsString()
  @Length(1, 100)
  productId: string;

  @ApiProperty({ minimum: 1, maximum: 100 })
  @IsInt()
  @Min(1)
  @Max(100)
  quantity: number;
}

class AddressDto {
  @ApiProperty({ example: 'Ada Lovelace' })
  @IsString()
  @Length(1, 100)
  name: string;

  @ApiProperty({ example: '12 St James Square' })
  @IsString()
  @Length(1, 200)
  line1: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  line2?: string;

  @ApiProperty({ example: 'London' })
  @IsString()
  @Length(1, 100)
  city: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  region?: string;

  @ApiProperty({ example: 'SW1Y 4JH' })
  @IsString()
  @Length(1, 20)
  postalCode: string;

  @ApiProperty({ example: 'GB', description: 'ISO 3166 alpha-2' })
  @IsISO31661Alpha2()
  country: string;
}

export class PlaceOrderDto {
  @ApiProperty({ type: [OrderLineDto], minItems: 1, maxItems: 50 })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique((line: OrderLineDto | null) => line?.productId, { message: 'items must not name a product twice' })
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @ApiProperty({ example: 'pm_card_visa' })
  @IsString()
  @Length(1, 100)
  paymentMethod: string;

  @ApiProperty({ type: AddressDto })
  @IsDefined()
  @ValidateNested()
  @Type(() => AddressDto)
  shippingAddress: AddressDto;
}

export class UpdateOrderStatusDto {
  @ApiProperty({ enum: ['shipped', 'delivered'] })
  @IsIn(['shipped', 'delivered'])
  status: 'shipped' | 'delivered';
}

export class OrderQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: string;
}

export class AllOrdersQueryDto extends OrderQueryDto {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @Length(1, 100)
  userId?: string;
}

class MoneyBody {
  @ApiProperty({ example: 3998 })
  amount: number;

  @ApiProperty({ example: 'USD' })
  currency: string;
}

class OrderItemBody {
  @ApiProperty()
  productId: string;

  @ApiProperty()
  sku: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ type: MoneyBody })
  unitPrice: MoneyBody;

  @ApiProperty()
  quantity: number;

  @ApiProperty({ type: MoneyBody })
  lineTotal: MoneyBody;
}

class PaymentBody {
  @ApiProperty()
  provider: string;

  @ApiProperty()
  method: string;

  @ApiProperty({ enum: ['pending', 'captured', 'declined', 'refund_pending', 'refunded'] })
  status: string;

  @ApiPropertyOptional()
  reference?: string;
}

class HistoryBody {
  @ApiProperty({ enum: STATUSES })
  status: string;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiPropertyOptional()
  reason?: string;
}

export class OrderBody {
  @ApiProperty()
  id: string;

  @ApiProperty({ example: '2026-000123' })
  number: string;

  @ApiProperty()
  userId: string;

  @ApiProperty({ enum: STATUSES })
  status: string;

  @ApiProperty({ type: [OrderItemBody] })
  items: OrderItemBody[];

  @ApiProperty({ type: MoneyBody })
  total: MoneyBody;

  @ApiProperty({ type: PaymentBody })
  payment: PaymentBody;

  @ApiPropertyOptional({ type: AddressDto, nullable: true, description: 'null once its owner was erased' })
  shippingAddress: AddressDto | null;

  @ApiProperty({ type: [HistoryBody] })
  history: HistoryBody[];

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}
