// The least that can answer the given bytes: `http` has them itself, `hop` gets them from `grpc` by one call over mutual TLS.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { requireFrom } from '../local/workspace.mjs';

const { Client, credentials, Server, ServerCredentials } = requireFrom('service-kit', '@grpc/grpc-js');
const NAME = 'users-service';
const PATH = '/reference.Reference/Get';
const NOTHING = Buffer.alloc(0);
const asItIs = (bytes) => bytes;
const starts = { http: startHttp, grpc: startGrpc, hop: startHop };

process.on('disconnect', () => process.exit());
process.once('message', (order) => {
  starts[process.argv[2]](order).then(
    (port) => process.send({ result: port }),
    (error) => process.send({ error: error.message }),
  );
});

function startHttp({ body }) {
  const bytes = Buffer.from(body);
  return listen((_request, response) => answer(response, bytes));
}

function startGrpc({ body, tls }) {
  const bytes = Buffer.from(body);
  const method = { path: PATH, requestStream: false, responseStream: false };
  const coding = { requestSerialize: asItIs, requestDeserialize: asItIs };
  const server = new Server();
  server.addService(
    { get: { ...method, ...coding, responseSerialize: asItIs, responseDeserialize: asItIs } },
    { get: (_call, done) => done(null, bytes) },
  );
  const { ca, cert, key } = read(tls, NAME);
  const secure = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', secure, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

function startHop({ grpcPort, tls }) {
  const { ca, cert, key } = read(tls, 'api-gateway');
  const named = { 'grpc.ssl_target_name_override': NAME, 'grpc.default_authority': NAME };
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createSsl(ca, key, cert), named);
  return listen((_request, response) => {
    client.makeUnaryRequest(PATH, asItIs, asItIs, NOTHING, (error, bytes) => {
      if (error) response.writeHead(500).end(error.message);
      else answer(response, bytes);
    });
  });
}

function listen(handle) {
  const server = createServer(handle);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

function answer(response, bytes) {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
  response.end(bytes);
}

function read(tls, name) {
  const file = (each) => readFileSync(join(tls, each));
  return { ca: file('ca.crt'), cert: file(`${name}.crt`), key: file(`${name}.key`) };
}
