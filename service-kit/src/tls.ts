import { readFileSync } from 'node:fs';
import { ChannelCredentials, ServerCredentials } from '@grpc/grpc-js';

export interface TlsFiles {
  readonly TLS_CA_FILE: string;
  readonly TLS_CERT_FILE: string;
  readonly TLS_KEY_FILE: string;
}

/** Mutual TLS or no start: Nest would fall back to plaintext when credentials are missing. */
export function serverCredentials(files: TlsFiles): ServerCredentials {
  const { ca, cert, key } = read(files);
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
}

export function channelCredentials(files: TlsFiles): ChannelCredentials {
  const { ca, cert, key } = read(files);
  return ChannelCredentials.createSsl(ca, key, cert);
}

function read(files: TlsFiles): { ca: Buffer; cert: Buffer; key: Buffer } {
  return {
    ca: readNamed('TLS_CA_FILE', files.TLS_CA_FILE),
    cert: readNamed('TLS_CERT_FILE', files.TLS_CERT_FILE),
    key: readNamed('TLS_KEY_FILE', files.TLS_KEY_FILE),
  };
}

function readNamed(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${variable} names ${file}, which cannot be read`, { cause: error });
  }
}
