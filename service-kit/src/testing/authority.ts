import { randomUUID, webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { TlsFiles } from '../tls';
import { storeSetting, tlsFilesOf } from './stores';

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** Signs certificates for tests. */
export class Authority {
  private constructor(
    readonly certificate: X509Certificate,
    private readonly key: webcrypto.CryptoKey,
  ) {}

  /** One that nobody trusts yet. */
  static async create(): Promise<Authority> {
    const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: `CN=Test CA ${randomUUID()}`,
      ...validFor(30),
      signingAlgorithm: KEY,
      keys,
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    });
    return new Authority(certificate, keys.privateKey);
  }

  /** The one that all apps of the tests trust. */
  static async ofTheApps(): Promise<Authority> {
    const read = (file: string) => readFileSync(join(storeSetting('TEST_TLS_DIR'), file), 'utf8');
    const der = PemConverter.decodeFirst(read('ca.key'));
    const key = await webcrypto.subtle.importKey('pkcs8', der, KEY, false, ['sign']);
    return new Authority(new X509Certificate(read('ca.crt')), key);
  }

  get pem(): string {
    return `${this.certificate.toString('pem')}\n`;
  }

  async issue(name: string, days = 30): Promise<Issued> {
    const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: randomUUID().replaceAll('-', ''),
      subject: `CN=${name}`,
      issuer: this.certificate.subject,
      ...validFor(days),
      signingAlgorithm: KEY,
      publicKey: keys.publicKey,
      signingKey: this.key,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { certificate: `${certificate.toString('pem')}\n`, key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n` };
  }

  /** Files of an app of that name that trusts the apps of the tests, whether they trust it or not. */
  async filesFor(name: string): Promise<TlsFiles> {
    const directory = mkdtempSync(join(tmpdir(), 'certificates-'));
    const { certificate, key } = await this.issue(name);
    writeFileSync(join(directory, `${name}.crt`), certificate);
    writeFileSync(join(directory, `${name}.key`), key);
    return tlsFilesOf(name, directory);
  }
}

function validFor(days: number) {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + days * DAY_MS) };
}
