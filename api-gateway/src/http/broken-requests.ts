import type { Socket } from 'node:net';
import { DomainError, requestIdFrom, runWithContext, sendProblem, toProblem } from '@shop/service-kit';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { setSecurityHeaders } from './security-headers';

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
  const problem = new DomainError('VALIDATION_FAILED', { detail: 'The request could not be read' });
  const { status, text } = statusOf(error.code);
  const body = runWithContext({ requestId }, () => JSON.stringify({ ...toProblem(problem, '/'), status }));
  const head = [
    `HTTP/1.1 ${status} ${text}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'cache-control: no-store',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function statusOf(code?: string): { status: number; text: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, text: 'Request Header Fields Too Large' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, text: 'Request Timeout' };
  return { status: 400, text: 'Bad Request' };
}
