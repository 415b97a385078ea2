import { Module } from '@nestjs/common';
import { RecordStripeEvent } from './record-stripe-event';
import { StripeEvents } from './stripe-events';
import { StripeWebhookController } from './stripe-webhook.controller';

@Module({ controllers: [StripeWebhookController], providers: [StripeEvents, RecordStripeEvent] })
export class WebhooksModule {}
