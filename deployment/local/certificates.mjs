import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { writeWhole } from './secrets.mjs';

const DAY_MS = 86_400_000;
const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto);

/**
 * A development authority and one certificate per name, made when missing or about to expire. Apps serve and call with
 * theirs; those of stores are good for serving only, so that a store cannot pass for a caller.
 */
export async function ensureCertificates(folder, { apps, stores }) {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const names = [...apps, ...stores];
  const wanting = names.filter((name) => !isValid(join(folder, `${name}.crt`)));
  if (!isValid(join(folder, 'ca.crt'))) await makeAuthority(folder);
  else if (wanting.length === 0) return;
  const authority = await loadAuthority(folder);
  const stale = names.filter((name) => wanting.includes(name) || !isSignedBy(folder, name));
  const purposeOf = (name) => [serverAuth, ...(apps.includes(name) ? [clientAuth] : [])];
  await Promise.all(stale.map((name) => makeCertificate(join(folder, name), purposeOf(name), authority)));
}

/** Where a store finds its own certificate, its key and the authority, in a folder of `npm start`. */
export function tlsFilesOf(dir, name) {
  const file = (each) => join(dir, 'tls', each);
  return { authority: file('ca.crt'), certificate: file(`${name}.crt`), key: file(`${name}.key`) };
}

async function makeAuthority(folder) {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Shop development CA',
    ...validFor(3650),
    signingAlgorithm: KEY,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writePair(join(folder, 'ca'), certificate, keys.privateKey);
}

async function makeCertificate(path, purposes, authority) {
  const name = basename(path);
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${name}`,
    issuer: authority.certificate.subject,
    ...validFor(397),
    signingAlgorithm: KEY,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(purposes),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: name },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  await writePair(path, certificate, keys.privateKey);
}

async function loadAuthority(folder) {
  const certificate = new x509.X509Certificate(readFileSync(join(folder, 'ca.crt'), 'utf8'));
  const der = x509.PemConverter.decodeFirst(readFileSync(join(folder, 'ca.key'), 'utf8'));
  const key = await webcrypto.subtle.importKey('pkcs8', der, KEY, false, ['sign']);
  return { certificate, key };
}

async function writePair(path, certificate, privateKey) {
  const key = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  writeWhole(`${path}.key`, `${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`);
  writeWhole(`${path}.crt`, `${certificate.toString('pem')}\n`, 0o644);
}

function isValid(file) {
  if (!existsSync(file)) return false;
  return new Date(new X509Certificate(readFileSync(file)).validTo).getTime() > Date.now() + 30 * DAY_MS;
}

function isSignedBy(folder, name) {
  const [authority, certificate] = ['ca', name].map(
    (each) => new X509Certificate(readFileSync(join(folder, `${each}.crt`))),
  );
  return certificate.verify(authority.publicKey);
}

function validFor(days) {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + days * DAY_MS) };
}

function serialNumber() {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] &= 0x7f;
  return Buffer.from(bytes).toString('hex');
}
