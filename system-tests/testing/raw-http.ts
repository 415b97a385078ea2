import { connect } from 'node:net';
import type { Answer } from './client';

const LONGEST_ANSWER_MS = 20_000;

/** Sends bytes as they are, valid HTTP or not, and reads one answer; undefined when the connection was closed without one. */
export function sendRaw(
  gateway: string,
  pieces: readonly (string | Buffer)[],
  pauseMs = 0,
): Promise<Answer | undefined> {
  const { hostname, port } = new URL(gateway);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.setTimeout(LONGEST_ANSWER_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (data) => {
      received.push(data);
      const answer = parse(Buffer.concat(received));
      if (!answer) return;
      resolve(answer);
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(undefined);
      else reject(error);
    });
    socket.on('close', () => resolve(undefined));
    void sendPieces();
    async function sendPieces(): Promise<void> {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (pauseMs) await new Promise((again) => setTimeout(again, pauseMs));
      }
    }
  });
}

function parse(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Headers(
    lines.map(
      (line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as [string, string],
    ),
  );
  const length = Number(headers.get('content-length') ?? 0);
  const text = bytes.subarray(end + 4, end + 4 + length).toString();
  if (Buffer.byteLength(text) < length) return undefined;
  const isJson = headers.get('content-type')?.includes('json');
  return { status: Number(statusLine.split(' ')[1]), headers, body: isJson ? JSON.parse(text) : text };
}
