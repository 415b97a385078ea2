import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { products } from '@shop/proto';
import { MoneyDto } from '@shop/service-kit';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsNotIn,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { ListQueryDto, QueryBool, QueryInt } from '../http/list-query';

const MAX_UNITS = 1_000_000_000;
const SORTS = ['-createdAt', 'createdAt', 'price', '-price', 'name', '-name'];

class MoneyBody extends MoneyDto {
  @ApiProperty({ example: 1999, minimum: 1, description: "In the currency's smallest unit" })
  declare amount: number;

  @ApiProperty({ example: 'USD' })
  declare currency: string;
}

export class ReplaceProductDto {
  @ApiProperty({ example: 'MUG-BLUE' })
  @IsString()
  @Length(1, 64)
  sku: string;

  @ApiProperty({ example: 'Blue mug' })
  @IsString()
  @Length(1, 200)
  name: string;

  @ApiProperty({ example: 'Holds 300 ml, survives the dishwasher.' })
  @IsString()
  @MaxLength(5000)
  description: string;

  @ApiProperty({ type: MoneyBody })
  @IsDefined()
  @ValidateNested()
  @Type(() => MoneyBody)
  price: MoneyBody;

  @ApiProperty({ example: 'kitchen' })
  @IsString()
  @Length(1, 100)
  category: string;

  @ApiPropertyOptional({ type: [String], maxItems: 20 })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 50, { each: true })
  tags?: string[];

  @ApiPropertyOptional({ type: [String], maxItems: 20 })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true }, { each: true })
  imageUrls?: string[];
}

class OpeningStock {
  @ApiProperty({ minimum: 0 })
  @IsInt()
  @Min(0)
  @Max(MAX_UNITS)
  available: number;
}

export class CreateProductDto extends ReplaceProductDto {
  @ApiPropertyOptional({ type: OpeningStock })
  @IsOptional()
  @ValidateNested()
  @Type(() => OpeningStock)
  stock?: OpeningStock;
}

export class AdjustStockDto {
  @ApiProperty({ example: -3, description: 'Not 0; negative takes away' })
  @IsInt()
  @IsNotIn([0])
  @Min(-MAX_UNITS)
  @Max(MAX_UNITS)
  delta: number;

  @ApiProperty({ example: 'stocktaking' })
  @IsString()
  @Length(1, 200)
  reason: string;
}

export class ProductQueryDto extends ListQueryDto {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  search?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  category?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(0)
  minPrice?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0 })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(0)
  maxPrice?: number;

  @ApiPropertyOptional()
  @IsOptional()
  @QueryBool()
  @IsIn([true, false])
  inStock?: boolean;

  @ApiPropertyOptional({ enum: SORTS })
  @IsOptional()
  @IsIn(SORTS)
  sort?: string;
}

class StockBody {
  @ApiProperty()
  available: number;

  @ApiPropertyOptional({ description: 'Shown to admins' })
  reserved?: number;
}

export class ProductBody extends ReplaceProductDto {
  @ApiProperty()
  id: string;

  @ApiProperty({ type: StockBody })
  stock: StockBody;

  @ApiProperty({ format: 'date-time' })
  createdAt: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt: string;
}

export function toProductBody(product: products.Product, forAdmin: boolean): ProductBody {
  const { id, sku, name, description, price, category, tags, imageUrls, stock, createdAt, updatedAt } = product;
  const { available = 0, reserved = 0 } = stock ?? {};
  return {
    ...{ id, sku, name, description, price: price ?? { amount: 0, currency: '' }, category, tags, imageUrls },
    stock: forAdmin ? { available, reserved } : { available },
    ...{ createdAt, updatedAt },
  };
}

/** Changes with every edit and every sale. */
export function etagOf({ revision, stock }: products.Product): string {
  return `"${revision}.${stock?.version ?? 0}"`;
}
