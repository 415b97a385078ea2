import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan, SpanExporter as Exporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from './logger';
import { withoutContents } from './span-contents';

/**
 * To a collector that speaks OTLP over HTTP. While it is away spans are lost and nothing else happens: one line says that it
 * has gone, and one that it is back.
 */
export class SpanExporter implements Exporter {
  private readonly otlp: OTLPTraceExporter;
  private isAway = false;

  constructor(
    endpoint: string,
    private readonly logger: Logger,
  ) {
    this.otlp = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.otlp.export(spans.map(withoutContents), (result) => {
      this.tell(result);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.otlp.shutdown();
  }

  private tell({ code, error }: ExportResult): void {
    const isAway = code !== ExportResultCode.SUCCESS;
    if (isAway === this.isAway) return;
    this.isAway = isAway;
    if (isAway) this.logger.warn({ err: error }, 'traces cannot be delivered and are lost');
    else this.logger.info({}, 'traces are delivered again');
  }
}
