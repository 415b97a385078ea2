import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { MAX_AMOUNT, NotBelow } from '@shop/service-kit';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  NotEquals,
} from 'class-validator';
import { ListQueryDto, QueryBool, QueryInt } from '../http/list-query';
import { IfGiven, Line, Nested, TIDY_LINE } from '../http/request-rules';

const MAX_UNITS = 1_000_000_000;
const WEB_ADDRESS = '^[Hh][Tt][Tt][Pp][Ss]?:[^\\s<>]+$';
const SORTS = ['-createdAt', 'createdAt', 'price', '-price', 'name', '-name'];

const listOf = (items: object) => ({
  type: 'array' as const,
  maxItems: 20,
  default: [],
  items: { type: 'string', ...items },
});

@ApiSchema({ name: 'Price', description: 'An amount of at least 1: 1999 USD is $19.99' })
export class PriceDto {
  @ApiProperty({ example: 1999, minimum: 1, maximum: MAX_AMOUNT, type: 'integer', description: 'In the smallest unit' })
  @IsInt()
  @Min(1)
  @Max(MAX_AMOUNT)
  amount: number;

  @ApiProperty({ example: 'USD', pattern: '^[A-Z]{3}$', description: "ISO 4217; the shop's one currency" })
  @IsString()
  @Matches(/^[A-Z]{3}$/, { message: 'currency must be an ISO 4217 code in upper case' })
  currency: string;
}

@ApiSchema({ name: 'ProductReplacement', description: 'The whole product but its stock' })
export class ReplaceProductDto {
  @ApiProperty({ example: 'MUG-BLUE', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' })
  @Line(1, 64)
  sku: string;

  @ApiProperty({ example: 'Blue mug', pattern: TIDY_LINE })
  @Line(1, 200)
  name: string;

  @ApiProperty({ example: 'Holds 300 ml, survives the dishwasher.', maxLength: 5000, pattern: '^[^\\u0000]*$' })
  @IsString()
  @MaxLength(5000)
  @Matches(/^[^\0]*$/, { message: '$property must not contain NUL' })
  description: string;

  @ApiProperty({ type: PriceDto })
  @Nested()
  @Type(() => PriceDto)
  price: PriceDto;

  @ApiProperty({ example: 'kitchen', pattern: TIDY_LINE })
  @Line(1, 64)
  category: string;

  @ApiPropertyOptional({ ...listOf({ minLength: 1, maxLength: 40 }), example: ['mug', 'blue'] })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 40, { each: true })
  tags?: string[];

  @ApiPropertyOptional({
    ...listOf({ maxLength: 2048, pattern: WEB_ADDRESS }),
    example: ['https://img.example/mug.jpg'],
  })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @MaxLength(2048, { each: true })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false }, { each: true })
  imageUrls?: string[];
}

@ApiSchema({ name: 'OpeningStock', description: 'What is there from the start' })
export class OpeningStockDto {
  @ApiProperty({ example: 120, minimum: 0, maximum: MAX_UNITS, type: 'integer' })
  @IsInt()
  @Min(0)
  @Max(MAX_UNITS)
  available: number;
}

@ApiSchema({ name: 'NewProduct', description: 'A product to be sold from now on' })
export class CreateProductDto extends ReplaceProductDto {
  @ApiPropertyOptional({ type: OpeningStockDto, description: 'None when left out' })
  @IfGiven()
  @Nested()
  @Type(() => OpeningStockDto)
  stock?: OpeningStockDto;
}

@ApiSchema({ name: 'StockAdjustment', description: 'A change of what is available' })
export class AdjustStockDto {
  @ApiProperty({
    example: -3,
    minimum: -MAX_UNITS,
    maximum: MAX_UNITS,
    not: { enum: [0] },
    type: 'integer',
    description: 'Not 0; a negative one takes away',
  })
  @IsInt()
  @Min(-MAX_UNITS)
  @Max(MAX_UNITS)
  @NotEquals(0)
  delta: number;

  @ApiProperty({ example: 'stocktaking', pattern: TIDY_LINE })
  @Line(1, 200)
  reason: string;
}

export class ProductQueryDto extends ListQueryDto {
  @ApiPropertyOptional({
    description: 'Starts of words of name, tags, category, SKU: `blu mug` finds the blue mug',
  })
  @IsOptional()
  @Line(0, 200)
  search?: string;

  @ApiPropertyOptional({ description: 'Exactly this one: `kitchen`' })
  @IsOptional()
  @Line(0, 64)
  category?: string;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_AMOUNT,
    description: 'In the smallest unit, included',
  })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(0)
  @Max(MAX_AMOUNT)
  minPrice?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: MAX_AMOUNT,
    description: 'In the smallest unit, included; not below `minPrice`',
  })
  @IsOptional()
  @QueryInt()
  @IsInt()
  @Min(0)
  @Max(MAX_AMOUNT)
  @NotBelow('minPrice')
  maxPrice?: number;

  @ApiPropertyOptional({ type: Boolean, description: 'Only those with stock, or only those without' })
  @IsOptional()
  @QueryBool()
  @IsIn([true, false])
  inStock?: boolean;

  @ApiPropertyOptional({ enum: SORTS, default: '-createdAt', description: 'A minus means: largest or newest first' })
  @IsOptional()
  @IsIn(SORTS)
  sort?: string;
}
