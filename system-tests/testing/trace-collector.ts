import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Span {
  readonly app: string;
  readonly name: string;
  /** As OTLP numbers them: 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** A collector in this process: it takes what exporters send as OTLP over HTTP, in JSON, and keeps every span. */
export class TraceCollector {
  /** All that came, word for word. */
  text = '';
  private readonly spans: Span[] = [];
  private server?: Server;
  private port = 0;

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector();
    await collector.open();
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Opens it again where it was before. */
  async open(): Promise<void> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        this.take(body);
        response.setHeader('content-type', 'application/json').end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  of(traceId: string): Span[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  /** Spans that say this, of whatever trace. */
  having(attribute: string, value: string): Span[] {
    return this.spans.filter(({ attributes }) => attributes[attribute] === value);
  }

  private take(body: string): void {
    this.text += body;
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: any[] };
    for (const { resource, scopeSpans } of resourceSpans) {
      const app = String(attributesOf(resource)['service.name']);
      for (const span of scopeSpans.flatMap(({ spans }: { spans: any[] }) => spans)) {
        this.spans.push({ ...span, app, attributes: attributesOf(span) });
      }
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function attributesOf({ attributes }: { attributes: any[] }): Record<string, string | number> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));
}
