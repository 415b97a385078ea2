import { webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import type { TlsFiles } from '../src/tls';
import { tlsFilesOf } from '../src/testing';

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
  return tlsFilesOf(name, directory);
}
