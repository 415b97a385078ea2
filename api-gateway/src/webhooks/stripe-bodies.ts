import { ApiProperty, ApiSchema } from '@nestjs/swagger';

const EXAMPLE = {
  object: {
    id: 'pi_3Mt',
    object: 'payment_intent',
    metadata: { shop: 'shop', attempt_id: '5b9c1a52-8c52-4a43-9b3d-0c7c1f2e3d4f' },
  },
};

@ApiSchema({ name: 'StripeEvent', description: 'An event as Stripe describes it; it has more fields than these' })
export class StripeEvent {
  @ApiProperty({ example: 'evt_1Nt' })
  id: string;

  @ApiProperty({ example: 'payment_intent.succeeded' })
  type: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: EXAMPLE })
  data: object;
}

@ApiSchema({ name: 'Taken', description: 'It was taken and need not be sent again' })
export class Taken {
  @ApiProperty({ example: true })
  received: true;
}
