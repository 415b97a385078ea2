import type { Server } from '@grpc/grpc-js';
import { type GrpcOptions, Transport } from '@nestjs/microservices';
import { protoFile } from '@shop/proto';
import { HealthImplementation, protoPath as healthProto } from 'grpc-health-check';
import type { Certificates } from './certificates';
import type { GrpcServiceConfig } from './config';
import { type ContractName, KEEPALIVE, LOADER_OPTIONS, packageOf } from './grpc-contracts';
import { logFailedHandshakes } from './log-failed-handshakes';
import type { Logger } from './logger';
import { serverCredentials } from './tls';

/** A gRPC server for one app: mutual TLS, the loader options of the contracts, health service, drain. */
export function grpcServerOptions(
  contracts: readonly ContractName[],
  config: GrpcServiceConfig,
  { certificates, logger }: { readonly certificates: Certificates; readonly logger: Logger },
): { options: GrpcOptions; health: HealthImplementation } {
  const health = new HealthImplementation({ '': 'SERVING' });
  const options: GrpcOptions = {
    transport: Transport.GRPC,
    options: {
      url: `${config.GRPC_HOST}:${config.GRPC_PORT}`,
      package: contracts.map(packageOf),
      protoPath: [...contracts.map(protoFile), healthProto],
      loader: LOADER_OPTIONS,
      credentials: serverCredentials(certificates),
      gracefulShutdown: true,
      maxReceiveMessageLength: 1024 * 1024,
      channelOptions: {
        ...KEEPALIVE,
        'grpc.max_concurrent_streams': 1000,
        'grpc.max_connection_age_ms': config.GRPC_CONNECTION_AGE,
      },
      // Nest calls it when the server has its port.
      onLoadPackageDefinition: (_definition: unknown, server: Server) => {
        health.addToServer(server);
        logFailedHandshakes(server, logger);
      },
    },
  };
  return { options, health };
}
