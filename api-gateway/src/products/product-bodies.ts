import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { PageBody } from '../http/list-body';
import { MoneyBody } from '../http/money-body';

@ApiSchema({ name: 'Stock', description: 'Units that can be ordered, and units held for orders that are not paid yet' })
class StockBody {
  @ApiProperty({ example: 118, type: 'integer' })
  available: number;

  @ApiPropertyOptional({ example: 2, type: 'integer', description: 'Shown to admins only' })
  reserved?: number;
}

@ApiSchema({ name: 'Product', description: 'Something the shop sells' })
export class ProductBody {
  @ApiProperty({ example: '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11' })
  id: string;

  @ApiProperty({ example: 'MUG-BLUE' })
  sku: string;

  @ApiProperty({ example: 'Blue mug' })
  name: string;

  @ApiProperty({ example: 'Holds 300 ml, survives the dishwasher.' })
  description: string;

  @ApiProperty({ type: MoneyBody })
  price: MoneyBody;

  @ApiProperty({ example: 'kitchen' })
  category: string;

  @ApiProperty({ type: [String], example: ['mug', 'blue'] })
  tags: string[];

  @ApiProperty({ type: [String], example: ['https://img.example/mug.jpg'] })
  imageUrls: string[];

  @ApiProperty({ type: StockBody })
  stock: StockBody;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  createdAt: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' })
  updatedAt: string;
}

@ApiSchema({ name: 'ProductList', description: 'One page of the catalogue' })
export class ProductListBody extends PageBody {
  @ApiProperty({ type: [ProductBody] })
  items: ProductBody[];
}
