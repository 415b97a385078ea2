import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Certificates } from '../src';
import { channelCredentials } from '../src/tls';
import { Authority } from '../src/testing';

const DAY_MS = 86_400_000;

async function logOf(days: number) {
  const directory = mkdtempSync(join(tmpdir(), 'expiry-'));
  const authority = await Authority.create();
  const { certificate, key } = await authority.issue('users-service', days);
  const write = (file: string, text: string) => {
    writeFileSync(join(directory, file), text);
    return join(directory, file);
  };
  const files = {
    TLS_CA_FILE: write('ca.crt', authority.pem),
    TLS_CERT_FILE: write('tls.crt', certificate),
    TLS_KEY_FILE: write('tls.key', key),
  };
  const log: unknown[][] = [];
  const certificates = new Certificates(files, { info: () => undefined, warn: (...line) => void log.push(line) });
  // As in the gateway, which has three clients.
  for (let client = 0; client < 3; client++) channelCredentials(certificates);
  return { log, certificates };
}

beforeEach(() => void jest.useFakeTimers({ now: Date.now() }));
afterEach(() => void jest.useRealTimers());

test('when a certificate has fewer than 14 days left, then the log says so once a day until it stops', async () => {
  const { log, certificates } = await logOf(15.5);
  expect(log).toEqual([]);
  jest.advanceTimersByTime(DAY_MS);
  expect(log).toEqual([]);
  jest.advanceTimersByTime(2 * DAY_MS);
  const about = { certificate: 'CN=users-service', validTo: expect.any(String) };
  expect(log).toEqual([
    [{ ...about, daysLeft: 13 }, 'a certificate is about to run out'],
    [{ ...about, daysLeft: 12 }, 'a certificate is about to run out'],
  ]);
  certificates.onApplicationShutdown();
  jest.advanceTimersByTime(3 * DAY_MS);
  expect(log).toHaveLength(2);
});

test.each([
  [3, 'a certificate is about to run out'],
  [-0.5, 'a certificate has run out'],
])('when it has %s days left at the start, then the log says so at once', async (days, message) => {
  expect((await logOf(days)).log).toEqual([[expect.objectContaining({ certificate: 'CN=users-service' }), message]]);
});
