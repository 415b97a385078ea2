import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'Money', description: 'An amount: 1999 USD is $19.99' })
export class MoneyBody {
  @ApiProperty({ example: 1999, type: 'integer', description: 'In the smallest unit' })
  amount: number;

  @ApiProperty({ example: 'USD', description: 'ISO 4217' })
  currency: string;
}
