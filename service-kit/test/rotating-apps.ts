import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Metadata, type ServerUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Certificates, type GrpcServiceConfig, Health, Logger, ServiceTokens, startApp } from '../src';
import { clientOf } from '../src/grpc-contracts';
import { channelCredentials } from '../src/tls';
import { type Authority, freePort, SERVICE_SECRET } from '../src/testing';

const CALLEE = 'products-service';
const LOOKS_EVERY_MS = 100;
const { path, requestSerialize, responseDeserialize } = clientOf('products').service.GetProducts!;

/** How new files come to an app: under the very names, by renaming, or as Kubernetes does it, by swapping a link. */
export type Way = 'written' | 'renamed' | 'linked';

/** An app's certificate, key and authorities on disk, what it makes of them, and what its log says about that. */
export class Identity {
  readonly log: string[] = [];
  readonly certificates: Certificates;
  serialNumber = '';
  private readonly folder = mkdtempSync(join(tmpdir(), 'identity-'));
  private readonly files: Record<string, string> = {};

  private constructor(
    readonly name: string,
    private readonly way: Way,
  ) {
    const path = (file: string) => join(this.folder, file);
    const write = (fields: unknown, message?: unknown) =>
      void this.log.push(`${String(message)} ${String((fields as { err?: Error }).err)}`);
    this.certificates = new Certificates(
      { TLS_CA_FILE: path('ca.crt'), TLS_CERT_FILE: path('tls.crt'), TLS_KEY_FILE: path('tls.key') },
      { info: write, warn: write },
      LOOKS_EVERY_MS,
    );
  }

  static async create(name: string, authority: Authority, way: Way = 'written'): Promise<Identity> {
    const identity = new Identity(name, way);
    identity.trust(authority);
    await identity.renew(authority);
    return identity;
  }

  trust(...authorities: Authority[]): void {
    this.put({ 'ca.crt': authorities.map(({ pem }) => pem).join('') });
  }

  async renew(authority: Authority): Promise<void> {
    const { certificate, key } = await authority.issue(this.name);
    this.serialNumber = new X509Certificate(certificate).serialNumber;
    this.put({ 'tls.crt': certificate, 'tls.key': key });
  }

  put(files: Record<string, string>): void {
    Object.assign(this.files, files);
    if (this.way === 'linked') return this.swap();
    for (const [file, text] of Object.entries(files)) {
      const path = join(this.folder, file);
      writeFileSync(this.way === 'renamed' ? `${path}.new` : path, text);
      if (this.way === 'renamed') renameSync(`${path}.new`, path);
    }
  }

  remove(file: string): void {
    rmSync(join(this.folder, file));
  }

  private swap(): void {
    const path = (file: string) => join(this.folder, file);
    const version = mkdtempSync(path('..version-'));
    for (const [file, text] of Object.entries(this.files)) writeFileSync(join(version, file), text);
    symlinkSync(version, path('..data.new'));
    renameSync(path('..data.new'), path('..data'));
    for (const file of Object.keys(this.files)) {
      if (!existsSync(path(file))) symlinkSync(join('..data', file), path(file));
    }
  }
}

@Controller()
class SerialNumbers {
  @GrpcMethod('ProductsService', 'GetProducts')
  getProducts(_request: unknown, _metadata: Metadata, call: ServerUnaryCall<unknown, unknown>) {
    return { items: [{ id: call.getAuthContext().sslPeerCertificate?.serialNumber }] };
  }
}

export interface Server {
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** An app that answers with the number of the certificate that it was called with. */
export async function startServer(identity: Identity): Promise<Server> {
  const config = { HTTP_HOST: '127.0.0.1', HTTP_PORT: 0, GRPC_HOST: '127.0.0.1', GRPC_PORT: await freePort() };
  @Module({
    controllers: [SerialNumbers],
    providers: [
      { provide: Health, useValue: new Health() },
      { provide: Logger, useValue: Logger.create(CALLEE, 'silent') },
      { provide: Certificates, useValue: identity.certificates },
      { provide: ServiceTokens, useValue: new ServiceTokens(CALLEE, SERVICE_SECRET) },
    ],
  })
  class TestModule {}
  const app: NestFastifyApplication = await startApp({
    name: CALLEE,
    module: TestModule,
    config: config as GrpcServiceConfig,
    grpc: { contracts: ['products'], allow: { GetProducts: ['api-gateway'] } },
  });
  return { address: `127.0.0.1:${config.GRPC_PORT}`, close: () => app.close() };
}

interface Seen {
  readonly caller: string;
  readonly callee: string;
}

/** One call over a connection of its own; resolves to the numbers of the certificates that both ends have seen. */
export function callAnew(address: string, { name, certificates }: Identity): Promise<Seen> {
  const client = new Client(address, channelCredentials(certificates), {
    'grpc.ssl_target_name_override': CALLEE,
    'grpc.use_local_subchannel_pool': 1,
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${new ServiceTokens(name, SERVICE_SECRET).issue(CALLEE)}`);
  const deadline = Date.now() + 3000;
  return new Promise<Seen>((resolve, reject) => {
    const done = (error: ServiceError | null, answer?: { items: { id: string }[] }) => {
      const callee = call.getAuthContext()?.sslPeerCertificate?.serialNumber ?? '';
      if (error) reject(error);
      else resolve({ caller: answer!.items[0]!.id, callee });
    };
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, metadata, { deadline }, done);
  }).finally(() => client.close());
}
