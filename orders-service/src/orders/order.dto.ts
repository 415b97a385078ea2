import { PageRequestDto, PlainText } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsDefined,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

class OrderLineDto implements orders.OrderLine {
  @PlainText(1, 100)
  productId: string;

  @IsInt()
  @Min(1)
  @Max(100)
  quantity: number;
}

class AddressDto implements orders.Address {
  @PlainText(1, 100)
  name: string;

  @PlainText(1, 200)
  line1: string;

  @PlainText(0, 200)
  line2: string;

  @PlainText(1, 100)
  city: string;

  @PlainText(0, 100)
  region: string;

  @PlainText(1, 20)
  postalCode: string;

  @IsISO31661Alpha2()
  country: string;
}

export class PlaceOrderDto implements orders.PlaceOrderRequest {
  @PlainText(1, 100)
  userId: string;

  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique((line: OrderLineDto) => line.productId, { message: 'items must not name a product twice' })
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @PlainText(1, 100)
  paymentMethod: string;

  // A message that is absent arrives as null, which ValidateNested alone would let through.
  @IsDefined()
  @ValidateNested()
  @Type(() => AddressDto)
  shippingAddress: AddressDto;

  @Matches(/^[!-~]{0,255}$/, { message: 'idempotencyKey must be up to 255 visible ASCII characters' })
  idempotencyKey: string;

  @IsInt()
  @Min(0)
  @Max(2500)
  waitMs: number;
}

export class OrderIdDto implements orders.GetOrderRequest {
  // Whatever is no id of ours is answered as an unknown one.
  @IsString()
  id: string;
}

export class ListOrdersDto implements orders.ListOrdersRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;

  @PlainText(0, 100)
  userId: string;

  @IsIn(['', 'pending', 'confirmed', 'failed', 'cancelled', 'shipped', 'delivered'])
  status: string;
}

export class UpdateOrderStatusDto extends OrderIdDto implements orders.UpdateOrderStatusRequest {
  @IsIn(['shipped', 'delivered'])
  status: 'shipped' | 'delivered';
}
