// A collector for `npm run bench -- --observability`: takes what exporters send, and drops it. Asked, it says its port.
import { once } from 'node:events';
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  request.resume().once('end', () => response.setHeader('content-type', 'application/json').end('{}'));
}).listen(0, '127.0.0.1');

process.on('message', async () => {
  if (!server.listening) await once(server, 'listening');
  process.send({ result: server.address().port });
});
process.once('disconnect', () => process.exit());
