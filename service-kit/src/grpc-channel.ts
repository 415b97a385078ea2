import type { ChannelOptions, Client } from '@grpc/grpc-js';
import type { Certificates } from './certificates';
import { clientOf, type ContractName, KEEPALIVE } from './grpc-contracts';
import { balanced, KnownAddresses } from './grpc-load-balancing';
import { channelCredentials } from './tls';

export interface Callee {
  /** What its certificate must say and its tokens are for. */
  readonly name: string;
  readonly service: ContractName;
  /** `host:port`, several of them with commas, or `dns:///name:port`. */
  readonly address: string;
  readonly certificates: Certificates;
}

export interface Channel {
  readonly client: Client;
  readonly addresses: KnownAddresses;
}

/** A channel over mutual TLS to all instances of a service. */
export function connect({ name, service, address, certificates }: Callee): Channel {
  const Constructor = clientOf(service);
  const addresses = new KnownAddresses();
  const client = new Constructor(targetOf(address), channelCredentials(certificates), {
    ...KEEPALIVE,
    ...balanced(addresses),
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // The default is 30 s, for which a callee that came back at another address would stay away.
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    'grpc.service_config_disable_resolution': 1,
  } satisfies ChannelOptions);
  // Not with the first call, whose deadline would have to do for the handshake, too.
  client.getChannel().getConnectivityState(true);
  return { client, addresses };
}

function targetOf(address: string): string {
  if (!address.includes(',')) return address;
  return `ipv4:${address
    .split(',')
    .map((one) => one.trim())
    .join(',')}`;
}
