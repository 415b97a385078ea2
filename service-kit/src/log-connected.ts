import type { Logger } from './logger';

const ENCRYPTED = /^(amqps|rediss|mongodb\+srv):|[?&](sslmode=(?!disable)|ssl=(true|1)(&|$)|tls=true)/;
const THIS_MACHINE = /^[^/]+:\/\/(?:[^@/]*@)?(?:localhost|127\.0\.0\.1|\[::1\])[:/]/;

/** A line when a store has been reached; a warning, when what is said to it can be read on the way. */
export function logConnected(logger: Logger, store: string, address: string): void {
  if (ENCRYPTED.test(address) || THIS_MACHINE.test(address)) logger.info({}, `connected to ${store}`);
  else logger.warn({}, `connected to ${store} without TLS: whoever is on the way reads and changes what is said`);
}
