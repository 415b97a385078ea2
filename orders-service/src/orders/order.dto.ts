import { PageRequestDto } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
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

class OrderLineDto implements orders.OrderLine {
  @IsString()
  @Length(1, 100)
  productId: string;

  @IsInt()
  @Min(1)
  @Max(100)
  quantity: number;
}

class AddressDto implements orders.Address {
  @IsString()
  @Length(1, 100)
  name: string;

  @IsString()
  @Length(1, 200)
  line1: string;

  @IsString()
  @MaxLength(200)
  line2: string;

  @IsString()
  @Length(1, 100)
  city: string;

  @IsString()
  @MaxLength(100)
  region: string;

  @IsString()
  @Length(1, 20)
  postalCode: string;

  @IsISO31661Alpha2()
  country: string;
}

export class PlaceOrderDto implements orders.PlaceOrderRequest {
  @IsString()
  @Length(1, 100)
  userId: string;

  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @ArrayUnique((line: OrderLineDto) => line.productId, { message: 'items must not name a product twice' })
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @IsString()
  @Length(1, 100)
  paymentMethod: string;

  @ValidateNested()
  @Type(() => AddressDto)
  shippingAddress: AddressDto;

  @IsString()
  @MaxLength(255)
  idempotencyKey: string;

  @IsInt()
  @Min(0)
  @Max(2500)
  waitMs: number;
}

export class OrderIdDto implements orders.GetOrderRequest {
  @IsString()
  @MaxLength(100)
  id: string;
}

export class ListOrdersDto implements orders.ListOrdersRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;

  @IsString()
  @MaxLength(100)
  userId: string;

  @IsIn(['', 'pending', 'confirmed', 'failed', 'cancelled', 'shipped', 'delivered'])
  status: string;
}

export class UpdateOrderStatusDto extends OrderIdDto implements orders.UpdateOrderStatusRequest {
  @IsIn(['shipped', 'delivered'])
  status: 'shipped' | 'delivered';
}
