import type { ChannelOptions, Client } from '@grpc/grpc-js';
import type { Certificates } from './certificates';
import { clientOf, type ContractName, KEEPALIVE } from './grpc-contracts';
import { channelCredentials } from './tls';

// A stopped process keeps its connections; only its calls show it, seconds before keepalive does.
const LEAVE_OUT_WHAT_FAILS = {
  interval: seconds(1),
  base_ejection_time: seconds(5),
  max_ejection_time: seconds(30),
  max_ejection_percent: 50,
  failure_percentage_ejection: { threshold: 80, minimum_hosts: 2, request_volume: 3 },
  child_policy: [{ round_robin: {} }],
};

// Reads are asked again by ask-again.ts: gRPC's own hedging knows no budget.
const SERVICE_CONFIG = JSON.stringify({
  loadBalancingConfig: [{ outlier_detection: LEAVE_OUT_WHAT_FAILS }],
  methodConfig: [],
});

export interface Callee {
  /** What its certificate must say and its tokens are for. */
  readonly name: string;
  readonly service: ContractName;
  /** `host:port`, several of them with commas, or `dns:///name:port`. */
  readonly address: string;
  readonly certificates: Certificates;
}

/** A channel over mutual TLS to all instances of a service. */
export function connect({ name, service, address, certificates }: Callee): Client {
  const Constructor = clientOf(service);
  return new Constructor(targetOf(address), channelCredentials(certificates), {
    ...KEEPALIVE,
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // The default is 30 s, for which a callee that came back at another address would stay away.
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    'grpc.service_config_disable_resolution': 1,
    'grpc.service_config': SERVICE_CONFIG,
  } satisfies ChannelOptions);
}

function targetOf(address: string): string {
  if (!address.includes(',')) return address;
  return `ipv4:${address
    .split(',')
    .map((one) => one.trim())
    .join(',')}`;
}

function seconds(seconds: number): object {
  return { seconds, nanos: 0 };
}
