import type { products } from '@shop/proto';
import { MoneyDto, NotBelow, PageRequestDto } from '@shop/service-kit';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
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
  ValidateNested,
} from 'class-validator';
import { SORTS } from './products.repository';

const MOST_UNITS = 1_000_000_000;
const MOST_MONEY = 1_000_000_000_000;
const NOT_BLANK = /^\S(.*\S)?$/su;
const TRIMMED = { message: '$property must not be blank or begin or end with a space' };

/** What an edit sets: everything but the stock. */
class ProductFields {
  @IsString()
  @Length(1, 64)
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { message: 'sku must consist of letters, digits, ".", "_" and "-"' })
  sku: string;

  @IsString()
  @Length(1, 200)
  @Matches(NOT_BLANK, TRIMMED)
  name: string;

  @IsString()
  @MaxLength(5000)
  description: string;

  @IsDefined()
  @ValidateNested()
  @Type(() => MoneyDto)
  price: MoneyDto;

  @IsString()
  @Length(1, 64)
  @Matches(NOT_BLANK, TRIMMED)
  category: string;

  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 40, { each: true })
  tags: string[];

  @IsArray()
  @ArrayMaxSize(20)
  @MaxLength(2048, { each: true })
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false }, { each: true })
  imageUrls: string[];
}

export class CreateProductDto extends ProductFields implements products.CreateProductRequest {
  @IsInt()
  @Min(0)
  @Max(MOST_UNITS)
  available: number;
}

export class UpdateProductDto extends ProductFields implements products.UpdateProductRequest {
  @IsString()
  id: string;

  @IsOptional()
  @IsInt()
  ifRevision?: number;
}

export class AdjustStockDto implements products.AdjustStockRequest {
  @IsString()
  productId: string;

  @IsInt()
  @Min(-MOST_UNITS)
  @Max(MOST_UNITS)
  @NotEquals(0)
  delta: number;

  @IsString()
  @Length(1, 200)
  @Matches(NOT_BLANK, TRIMMED)
  reason: string;

  @IsString()
  @Length(1, 255)
  adjustmentId: string;
}

/** For GetProduct and ArchiveProduct. */
export class ProductIdDto {
  @IsString()
  id: string;
}

export class GetProductsDto implements products.GetProductsRequest {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  ids: string[];
}

export class ListProductsDto implements products.ListProductsRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto;

  @IsString()
  @MaxLength(200)
  search: string;

  @IsString()
  @MaxLength(64)
  category: string;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_MONEY)
  minPrice?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MOST_MONEY)
  @NotBelow('minPrice')
  maxPrice?: number;

  @IsOptional()
  @IsBoolean()
  inStock?: boolean;

  @IsIn(['', ...Object.keys(SORTS)])
  sort: string;
}
