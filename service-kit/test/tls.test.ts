import { connect, type ConnectionOptions, createServer } from 'node:tls';
import { Authority } from '../src/testing';
import { Identity, type Server, startServer } from './rotating-apps';

const CBC = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' } as const;

let authority: Authority;
let server: Server;

beforeAll(async () => {
  authority = await Authority.create();
  server = await startServer(await Identity.create('products-service', authority));
});
afterAll(() => server.close());

/** The version and cipher agreed on with a server, or why there are none. */
async function handshake(address: string, options: ConnectionOptions = {}): Promise<string> {
  const { certificate: cert, key } = await authority.issue('api-gateway');
  const [host, port] = address.split(':');
  const names = { servername: 'products-service', ALPNProtocols: ['h2'] };
  const socket = connect({ host, port: Number(port), ca: authority.pem, cert, key, ...names, ...options });
  const outcome = new Promise<string>((resolve) => {
    socket.on('secureConnect', () => resolve(`${socket.getProtocol()} ${socket.getCipher().name}`));
    socket.on('error', (error) => resolve(String(error)));
  });
  return outcome.finally(() => socket.destroy());
}

describe('a gRPC server', () => {
  test('when a client offers all it has, then the newest version and the strongest cipher are taken', async () => {
    expect(await handshake(server.address)).toBe('TLSv1.3 TLS_AES_256_GCM_SHA384');
    expect(await handshake(server.address, { maxVersion: 'TLSv1.2' })).toBe('TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384');
  });

  test.each<[string, ConnectionOptions]>([
    ['ciphers without authentication of what they encrypt', CBC],
    ['versions before 1.2', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
  ])('when a client offers %s only, then there is no connection', async (_what, options) => {
    expect(await handshake(server.address, options)).toMatch(/alert (handshake failure|protocol version)/i);
  });
});

test('when a server, a store say, has only ciphers without authentication, then an app does not connect', async () => {
  const { certificate: cert, key } = await authority.issue('products-service');
  const old = createServer({ cert, key, ALPNProtocols: ['h2'], ...CBC }).listen(0, '127.0.0.1');
  await new Promise((resolve) => old.once('listening', resolve));
  const { port } = old.address() as { port: number };
  expect(await handshake(`127.0.0.1:${port}`)).toMatch(/handshake failure/i);
  old.close();
});
