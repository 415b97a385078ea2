import { webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import type { TlsFiles } from '../src/tls';
import { storeAddress } from './stores';

export const filesOf = (name: string, directory = storeAddress('TEST_TLS_DIR')) => ({
  TLS_CA_FILE: join(storeAddress('TEST_TLS_DIR'), 'ca.crt'),
  TLS_CERT_FILE: join(directory, `${name}.crt`),
  TLS_KEY_FILE: join(directory, `${name}.key`),
});

/** A certificate with a good name that no CA of ours has signed. */
export async function foreignCertificate(name: string): Promise<TlsFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'foreign-'));
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  writeFileSync(join(directory, `${name}.crt`), certificate.toString('pem'));
  writeFileSync(join(directory, `${name}.key`), PemConverter.encode(key, 'PRIVATE KEY'));
  return filesOf(name, directory);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
