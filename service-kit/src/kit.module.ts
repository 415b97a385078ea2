import { type DynamicModule, Module } from '@nestjs/common';
import { Certificates } from './certificates';
import type { ServiceConfig } from './config';
import { EventBus } from './event-bus';
import { EventCodec } from './event-codec';
import { EventKeys } from './event-keys';
import { Health, HealthController } from './health';
import { Logger } from './logger';
import { MetricsController } from './metrics.controller';
import { ServiceTokens } from './service-tokens';

interface KitOptions {
  readonly name: string;
  readonly config: ServiceConfig;
  /** False where the HTTP port is public. */
  readonly metrics?: boolean;
}

/** The mechanisms of one app, for injection everywhere in it. */
@Module({})
export class KitModule {
  static forRoot({ name, config, metrics = true }: KitOptions): DynamicModule {
    const logger = Logger.create(name, config.LOG_LEVEL);
    const codec = new EventCodec(name, new EventKeys(config));
    const bus = new EventBus(config, codec, logger);
    const health = new Health();
    health.add('rabbitmq', () => (bus.connected ? Promise.resolve() : Promise.reject(new Error('away'))), {
      degraded: true,
      metric: 'rabbitmq_connected',
    });
    return {
      module: KitModule,
      global: true,
      controllers: metrics ? [HealthController, MetricsController] : [HealthController],
      providers: [
        { provide: Logger, useValue: logger },
        { provide: EventBus, useFactory: () => bus },
        { provide: Health, useValue: health },
        { provide: Certificates, useFactory: () => new Certificates(config, logger) },
        { provide: ServiceTokens, useValue: new ServiceTokens(name, config.JWT_SERVICE_SECRET) },
      ],
      exports: [Logger, EventBus, Health, Certificates, ServiceTokens],
    };
  }
}
