// A process of its own, so that what it uses is in nobody's figures. Its parent sends orders, it sends back what it saw.
import { Agent, request as open } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

process.on('disconnect', () => process.exit());
process.on('message', (order) => {
  run(order).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});

/** `count` requests over `connections` connections that stay open, each sending its next one when the last is answered. */
async function run({ port, connections, count, from = 0, requests, expect = [200], notAgainWithinMs = 0 }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const prepared = requests.map(prepare);
  const latenciesMs = [];
  let begun = 0;
  let refused = 0;
  let late = 0;
  // The rate counts only as long as every connection has something to do.
  let whileFull;
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: connections }, () => work()));
  agent.destroy();
  return { refused, late, perSecond: whileFull.answered / whileFull.seconds, ...percentiles(latenciesMs) };

  async function work() {
    while (begun < count) {
      if (begun === count - 1) whileFull = { answered: latenciesMs.length, seconds: secondsSince(startedAt) };
      await one(from + begun++);
    }
  }

  async function one(number) {
    const wanted = prepared[number % prepared.length];
    if (wanted.notBefore > performance.now()) await delay(wanted.notBefore - performance.now());
    wanted.notBefore = performance.now() + notAgainWithinMs;
    for (;;) {
      const sentAt = performance.now();
      const answer = await send(agent, port, wanted, number);
      if (expect.includes(answer.status)) {
        latenciesMs.push(performance.now() - sentAt);
        late += answer.status === 202 ? 1 : 0;
        return;
      }
      // Who is told to come again does so: an overloaded shop sheds, and the table says how often.
      if (answer.status !== 503)
        throw new Error(`${wanted.method} ${wanted.path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
      refused++;
      await delay(answer.retryAfterMs);
    }
  }
}

function secondsSince(startedAt) {
  return (performance.now() - startedAt) / 1000;
}

function prepare({ method = 'GET', path, headers = {}, body, keyed = false }) {
  const bytes = body && Buffer.from(JSON.stringify(body));
  const own = bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {};
  return { method, path, headers: { ...headers, ...own }, bytes, keyed, notBefore: 0 };
}

function send(agent, port, { method, path, headers, bytes, keyed }, number) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, method, path: path.replace('{n}', number) };
    options.headers = { ...headers, ...(keyed ? { 'idempotency-key': `bench-${number}` } : {}) };
    const outgoing = open(options, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode,
          retryAfterMs: Number(incoming.headers['retry-after'] ?? 1) * 1000,
          // Decoded by whoever wants to read it.
          get body() {
            return Buffer.concat(chunks).toString('utf8');
          },
        }),
      );
      incoming.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

function percentiles(latenciesMs) {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
