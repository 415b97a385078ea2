import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Certificates } from './certificates';

export interface TlsFiles {
  readonly TLS_CA_FILE: string;
  readonly TLS_CERT_FILE: string;
  readonly TLS_KEY_FILE: string;
}

/** Mutual TLS or no start: Nest would fall back to plaintext when credentials are missing. */
export function serverCredentials(certificates: Certificates): ServerCredentials {
  const provider = certificates.require();
  return experimental.createCertificateProviderServerCredentials(provider, provider, true);
}

export function channelCredentials(certificates: Certificates): ChannelCredentials {
  const provider = certificates.require();
  return experimental.createCertificateProviderChannelCredentials(provider, provider);
}
