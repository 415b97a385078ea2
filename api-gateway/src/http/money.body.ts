import { ApiProperty } from '@nestjs/swagger';

export class MoneyBody {
  @ApiProperty({ example: 3998, type: 'integer', description: 'In the smallest unit' })
  amount: number;

  @ApiProperty({ example: 'USD', description: 'ISO 4217' })
  currency: string;
}
