import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { METRICS_CONTENT_TYPE, metricsText } from '@shop/service-kit';
import { GatewayConfig } from '../config';

/** `/metrics` on a listener of its own: the gateway's other one is public. */
@Injectable()
export class MetricsListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly server = createServer((request, response) => void answer(request, response));

  constructor(private readonly config: GatewayConfig) {}

  /** The one in use, where METRICS_PORT is 0. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** @throws when the port is taken: a gateway that nobody can watch does not start. */
  async onApplicationBootstrap(): Promise<void> {
    this.server.listen(this.config.METRICS_PORT, this.config.METRICS_HOST);
    await once(this.server, 'listening');
  }

  onApplicationShutdown(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end();
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  const text = await metricsText();
  response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(text);
}
