import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { experimental } from '@grpc/grpc-js';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from './logger';
import { askedGauge } from './metrics';
import type { TlsFiles } from './tls';
import { WatchedFiles } from './watched-files';

const LOOK_EVERY_MS = 5000;
const DAY_MS = 86_400_000;
const WARN_DAYS_BEFORE = 14;

interface Authorities extends experimental.CaCertificateUpdate {
  readonly chain: readonly X509Certificate[];
}

interface Identity extends experimental.IdentityCertificateUpdate {
  readonly chain: readonly X509Certificate[];
}

/**
 * An app's certificate with its key, and the authorities it trusts. New files are in use for new connections a few seconds
 * after they were written; a certificate that is about to run out is in the log every day.
 */
export class Certificates implements experimental.CertificateProvider, OnApplicationShutdown {
  private readonly authorities: WatchedFiles<Authorities>;
  private readonly identity: WatchedFiles<Identity>;
  private reminder?: NodeJS.Timeout;

  constructor(
    { TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE }: TlsFiles,
    private readonly logger: Pick<Logger, 'info' | 'warn'>,
    everyMs = LOOK_EVERY_MS,
  ) {
    this.authorities = new WatchedFiles({ files: { TLS_CA_FILE }, understand: authoritiesIn, everyMs, logger });
    this.identity = new WatchedFiles({
      files: { TLS_CERT_FILE, TLS_KEY_FILE },
      understand: identityIn,
      everyMs,
      logger,
    });
  }

  /** @throws when they are not there, or of no use: better no start than a process that nobody can talk to. */
  require(): this {
    this.authorities.current();
    this.identity.current();
    if (!this.reminder) {
      this.warnOfExpiry();
      this.showExpiry();
      this.reminder = setInterval(() => this.warnOfExpiry(), DAY_MS).unref();
    }
    return this;
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.authorities.listen(listener);
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.authorities.ignore(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.identity.listen(listener);
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.identity.ignore(listener);
  }

  onApplicationShutdown(): void {
    clearInterval(this.reminder);
  }

  private inUse(): X509Certificate[] {
    return [...this.identity.current().chain, ...this.authorities.current().chain];
  }

  private showExpiry(): void {
    askedGauge({
      name: 'tls_certificate_expiry_timestamp_seconds',
      help: "When the first of the app's certificate and its authorities runs out",
      read: () => Math.min(...this.inUse().map(({ validTo }) => Date.parse(validTo))) / 1000,
    });
  }

  private warnOfExpiry(): void {
    for (const { subject, validTo } of this.inUse()) {
      const daysLeft = Math.floor((Date.parse(validTo) - Date.now()) / DAY_MS);
      if (daysLeft >= WARN_DAYS_BEFORE) continue;
      const message = daysLeft < 0 ? 'a certificate has run out' : 'a certificate is about to run out';
      this.logger.warn({ certificate: subject, validTo, daysLeft }, message);
    }
  }
}

function authoritiesIn(file: Buffer): Authorities {
  return { caCertificate: file, chain: certificatesIn(file) };
}

function identityIn(certificate: Buffer, privateKey: Buffer): Identity {
  const chain = certificatesIn(certificate);
  // What grpc-js does with every connection, and what it would refuse all of them for when the two do not belong together.
  createSecureContext({ cert: certificate, key: privateKey });
  return { certificate, privateKey, chain };
}

// OpenSSL takes what it can read of a half-written bundle, and would then trust half of the authorities.
function certificatesIn(file: Buffer): X509Certificate[] {
  const text = file.toString('latin1');
  const whole = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  const begun = text.match(/-----BEGIN/g) ?? [];
  if (whole.length === 0 || whole.length !== begun.length) throw new Error('no whole certificates in the file');
  return whole.map((each) => new X509Certificate(each));
}
