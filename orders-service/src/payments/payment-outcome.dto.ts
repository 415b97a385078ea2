import type { orders } from '@shop/proto';
import { IsIn, IsString, Matches } from 'class-validator';

export class PaymentOutcomeDto implements orders.RecordPaymentOutcomeRequest {
  // Others may use the same account, and call their payments as they like.
  @IsString()
  shop: string;

  @IsString()
  attemptId: string;

  @IsIn(['captured', 'declined'])
  outcome: 'captured' | 'declined';

  @Matches(/^\w{1,255}$/)
  reference: string;
}
