import type { products } from '@shop/proto';
import { PageRequestDto } from '@shop/service-kit';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, MaxLength, ValidateNested } from 'class-validator';

export class ListStockLevelsDto implements products.ListStockLevelsRequest {
  @IsOptional()
  @ValidateNested()
  @Type(() => PageRequestDto)
  page: PageRequestDto | undefined;
}

export class ListStockRecordsDto extends ListStockLevelsDto implements products.ListStockRecordsRequest {
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  orderIds: string[];
}
