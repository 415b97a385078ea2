import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsISO31661Alpha2,
  isISO31661Alpha2,
  IsObject,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ListQueryDto } from '../http/list-query';
import { IfGiven, Line, Nested } from '../http/request-rules';

export const STATUSES = ['pending', 'confirmed', 'failed', 'cancelled', 'shipped', 'delivered'];

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const COUNTRIES = LETTERS.flatMap((one) => LETTERS.map((other) => one + other)).filter((code) =>
  isISO31661Alpha2(code),
);

@ApiSchema({ name: 'NewOrderLine', description: 'One product and how many of it' })
export class OrderLineDto {
  @ApiProperty({ example: '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11' })
  @Line(1, 100)
  productId: string;

  @ApiProperty({ example: 2, minimum: 1, maximum: 100, type: 'integer' })
  @IsInt()
  @Min(1)
  @Max(100)
  quantity: number;
}

@ApiSchema({ name: 'Address', description: 'Where it is sent to' })
export class AddressDto {
  @ApiProperty({ example: 'Ada Lovelace' })
  @Line(1, 100)
  name: string;

  @ApiProperty({ example: '12 St James Square' })
  @Line(1, 200)
  line1: string;

  @ApiPropertyOptional({ example: 'Second floor' })
  @IfGiven()
  @Line(0, 200)
  line2?: string;

  @ApiProperty({ example: 'London' })
  @Line(1, 100)
  city: string;

  @ApiPropertyOptional({ example: 'Greater London' })
  @IfGiven()
  @Line(0, 100)
  region?: string;

  @ApiProperty({ example: 'SW1Y 4JH' })
  @Line(1, 20)
  postalCode: string;

  @ApiProperty({ example: 'GB', enum: COUNTRIES, description: 'ISO 3166 alpha-2' })
  @Matches(/^[A-Z]{2}$/, { message: 'country must be two upper case letters' })
  @IsISO31661Alpha2({ message: 'country must be an ISO 3166 alpha-2 code' })
  country: string;
}

@ApiSchema({ name: 'NewOrder', description: 'What is wanted; prices and totals are ours' })
export class PlaceOrderDto {
  @ApiProperty({ type: [OrderLineDto], minItems: 1, maxItems: 50, description: 'No product twice' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsObject({ each: true })
  @ArrayUnique((line: Partial<OrderLineDto> | null) => line?.productId, {
    message: 'items must not name a product twice',
  })
  @ValidateNested({ each: true })
  @Type(() => OrderLineDto)
  items: OrderLineDto[];

  @ApiProperty({
    example: 'pm_card_visa',
    description: "The payment provider's name of it",
  })
  @Line(1, 100)
  paymentMethod: string;

  @ApiProperty({ type: AddressDto })
  @Nested()
  @Type(() => AddressDto)
  shippingAddress: AddressDto;
}

@ApiSchema({ name: 'Nothing', description: 'Takes nothing: send no body, or an empty object' })
export class NothingDto {}

@ApiSchema({ name: 'OrderStatusChange', description: 'What has become of an order' })
export class UpdateOrderStatusDto {
  @ApiProperty({ enum: ['shipped', 'delivered'], example: 'shipped' })
  @IsIn(['shipped', 'delivered'])
  status: 'shipped' | 'delivered';
}

export class OrderQueryDto extends ListQueryDto {
  @ApiPropertyOptional({ enum: STATUSES, description: 'Only orders that are so' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: string;
}

export class AllOrdersQueryDto extends OrderQueryDto {
  @ApiPropertyOptional({ description: "This user's only" })
  @IsOptional()
  @Line(1, 100)
  userId?: string;
}
