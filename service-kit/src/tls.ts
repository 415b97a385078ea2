import tls from 'node:tls';
import { type ChannelCredentials, experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { Certificates } from './certificates';

// Forward secrecy and authenticated encryption only, strongest first: what Node offers by itself has CBC, too. grpc-js and the
// stores' drivers have no common way to be told, so this is said to the whole process.
tls.DEFAULT_MIN_VERSION = 'TLSv1.2';
tls.DEFAULT_CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE+AESGCM',
  'ECDHE+CHACHA20',
].join(':');

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
