import type { FastifyReply } from 'fastify';
import { hashTag, revisionOf, sendPrivately, sendPublicly } from './http-cache';

const answer = { bytes: Buffer.from('{}'), etag: '"3.7"' };

function aReply(ifNoneMatch?: string, vary?: string) {
  const headers: Record<string, string> = vary === undefined ? {} : { vary };
  const reply = {
    code: 200,
    headers,
    request: { headers: { 'if-none-match': ifNoneMatch } },
    getHeader: (name: string) => headers[name],
    header(name: string, value: string) {
      headers[name] = value;
      return reply;
    },
    status(code: number) {
      reply.code = code;
      return reply;
    },
  };
  return reply;
}
const asReply = (reply: ReturnType<typeof aReply>) => reply as unknown as FastifyReply;

describe('the revision an If-Match asks for', () => {
  test.each([
    [undefined, undefined],
    ['*', undefined],
    [' * ', undefined],
    ['"3.7"', 3],
    ['W/"3.7"', 3],
    ['"120.0"', 120],
    ['', 0],
    ['"3"', 0],
    ['3.7', 0],
    ['"-1.7"', 0],
    ['"3.7", "4.1"', 0],
    [`"${'9'.repeat(16)}.1"`, 0],
  ])('when it is %j, then %j', (header, revision) => {
    expect(revisionOf(header)).toBe(revision);
  });
});

describe('an answer with a tag', () => {
  test.each([undefined, '', '"3.8"', '"3.70"', '3.7'])('when If-None-Match is %j, then the bytes are sent', (tag) => {
    const reply = aReply(tag);
    expect(sendPublicly(asReply(reply), answer)).toBe(answer.bytes);
    expect(reply.code).toBe(200);
    expect(reply.headers).toEqual({
      'cache-control': 'public, max-age=1',
      etag: '"3.7"',
      vary: 'Authorization',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test.each(['"3.7"', 'W/"3.7"', '"1.1","3.7"', ' "3.7" ', '*'])('when If-None-Match is %s, then 304', (tag) => {
    const reply = aReply(tag);
    expect(sendPrivately(asReply(reply), answer)).toBeUndefined();
    expect(reply.code).toBe(304);
    expect(reply.headers).toEqual({ 'cache-control': 'private, no-cache', etag: '"3.7"', vary: 'Authorization' });
  });

  test('when it varies already, then by that too', () => {
    const reply = aReply(undefined, 'Origin');
    sendPublicly(asReply(reply), answer);
    expect(reply.headers.vary).toBe('Origin, Authorization');
  });
});

describe('the tag of bytes', () => {
  test('when the bytes are equal, then so are the tags, and only then', () => {
    expect(hashTag(Buffer.from('a'))).toBe(hashTag(Buffer.from('a')));
    expect(hashTag(Buffer.from('a'))).not.toBe(hashTag(Buffer.from('b')));
    expect(hashTag(Buffer.from('a'))).toMatch(/^"[\w-]{27}"$/);
  });
});
