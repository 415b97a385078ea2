// The profile "tools": lets this machine's clients reach the stores. Each argument is <port>=<host>:<port>.
import { connect, createServer } from 'node:net';

const servers = process.argv.slice(2).map(forward);
process.on('SIGTERM', () => process.exit(0));
console.log(`forwarding ${servers.length} ports`);

function forward(rule) {
  const [, port, host, target] = /^(\d+)=([\w.-]+):(\d+)$/.exec(rule) ?? [];
  if (!port) throw new Error(`not <port>=<host>:<port>: ${rule}`);
  return createServer((client) => {
    const store = connect({ host, port: Number(target) });
    for (const socket of [client, store]) socket.on('error', () => undefined).on('close', () => end(client, store));
    client.pipe(store).pipe(client);
  }).listen(Number(port));
}

function end(...sockets) {
  for (const socket of sockets) socket.destroy();
}
