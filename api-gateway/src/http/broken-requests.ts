import type { Socket } from 'node:net';
import { DomainError, PROBLEM_TYPE, requestIdFrom, runWithContext, sendProblem, toProblem } from '@shop/service-kit';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { SECURITY_HEADERS, setSecurityHeaders } from './security-headers';

/** For what Fastify refuses before it has a route, for example a path with a broken escape: no such thing exists. */
export function answerFrameworkError(_error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const requestId = requestIdFrom(request.headers['x-request-id']);
  void reply.header('x-request-id', requestId);
  const send = () => sendProblem(reply, request, new DomainError('NOT_FOUND'));
  setSecurityHeaders(request, reply, () => runWithContext({ requestId }, send));
}

/** For what is not even HTTP, or too slow or too large to be read: the connection is of no more use. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return void socket.destroy();
  const requestId = requestIdFrom(undefined);
  const { status, text } = statusOf(error.code);
  const body = runWithContext({ requestId }, () => JSON.stringify(toProblem(unreadable(status), '/')));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${text}\r\n${head.join('')}\r\n${body}`);
}

/** For a body that is still on its way when its answer is due. */
export function answerSlowRequest(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  void reply.header('connection', 'close');
  sendProblem(reply, request, unreadable(408));
}

// There is no code of its own for what never became a request.
function unreadable(status: number): DomainError {
  return new DomainError('VALIDATION_FAILED', { detail: 'The request could not be read', status });
}

function statusOf(code?: string): { status: number; text: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, text: 'Request Header Fields Too Large' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, text: 'Request Timeout' };
  return { status: 400, text: 'Bad Request' };
}
