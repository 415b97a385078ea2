import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access';
import type { RequestWithRawBody } from '../http/json-body';
import { ApiProblems } from '../http/problems';
import { Unlimited } from '../rate-limit/rate-limit.decorator';
import { RecordStripeEvent } from './record-stripe-event';
import { StripeEvent, Taken } from './stripe-bodies';
import { StripeEvents } from './stripe-events';

@ApiTags('webhooks')
@Controller('webhooks')
export class StripeWebhookController {
  constructor(
    private readonly events: StripeEvents,
    private readonly record: RecordStripeEvent,
  ) {}

  @Post('stripe')
  @HttpCode(200)
  @Public()
  @Unlimited()
  @ApiOperation({
    summary: 'What became of payments, told by Stripe',
    description:
      'For Stripe alone, which signs what it sends: VALIDATION_FAILED unless the signature is good for this very body and not more ' +
      'than five minutes from now. NOT_FOUND in a shop that does not use Stripe. Events that are of no interest here are taken, too.',
  })
  @ApiHeader({
    name: 'Stripe-Signature',
    required: true,
    description: 'Time and signature',
    schema: {
      type: 'string',
      example: 't=1767225600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd',
    },
  })
  @ApiBody({ type: StripeEvent })
  @ApiOkResponse({ type: Taken })
  @ApiProblems('VALIDATION_FAILED', 'NOT_FOUND')
  async take(@Req() request: RequestWithRawBody): Promise<Taken> {
    await this.record.execute(this.events.read(request));
    return { received: true };
  }
}
