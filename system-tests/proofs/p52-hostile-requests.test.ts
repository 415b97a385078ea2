import { gzipSync } from 'node:zlib';
import { expectCleanError } from '../testing/clean-errors';
import { proof } from '../testing/proof';
import { sendRaw } from '../testing/raw-http';

type Pieces = readonly (string | Buffer)[];

const JSON_TYPE = 'content-type: application/json';
const MANY = 200_000;

const post = (body: string | Buffer, ...headers: string[]): Pieces => [
  `POST /auth/login HTTP/1.1\r\nhost: shop\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers.join('\r\n')}\r\n\r\n`,
  body,
];
const get = (path: string, ...headers: string[]): Pieces => [
  `GET ${path} HTTP/1.1\r\nhost: shop\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`,
];
const bytes = (...values: number[]) =>
  Buffer.concat([Buffer.from('{"email":"'), Buffer.from(values), Buffer.from('"}')]);

/** What may be answered: one of these, or nothing and a closed connection where 0 is among them. */
const ATTACKS: Readonly<Record<string, readonly [Pieces, ...number[]]>> = {
  'a body of 1 MB': [post('{"email":"'.padEnd(1_000_000, 'x'), JSON_TYPE), 413],
  'a body of 20 MB': [post('{"email":"'.padEnd(20_000_000, 'x'), JSON_TYPE), 413, 0],
  'a length of 10 GB': [
    [`POST /auth/login HTTP/1.1\r\nhost: shop\r\n${JSON_TYPE}\r\ncontent-length: 10000000000\r\n\r\n{`],
    413,
  ],
  'chunks without end': [
    [
      `POST /auth/login HTTP/1.1\r\nhost: shop\r\n${JSON_TYPE}\r\ntransfer-encoding: chunked\r\n\r\n`,
      ...Array.from({ length: 200 }, () => `400\r\n${'x'.repeat(1024)}\r\n`),
    ],
    413,
  ],
  'objects 50,000 levels deep': [post('{"a":'.repeat(16_000), JSON_TYPE), 400],
  'lists 50,000 levels deep': [post('['.repeat(50_000) + ']'.repeat(50_000), JSON_TYPE), 400],
  'a list of 40,000 things': [post(`{"email":[${'1,'.repeat(40_000)}1]}`, JSON_TYPE), 400],
  '10,000 fields': [post(`{${Array.from({ length: 9000 }, (_, n) => `"f${n}":1`).join(',')}}`, JSON_TYPE), 400],
  'a number of 90,000 digits': [post(`{"email":${'9'.repeat(90_000)}}`, JSON_TYPE), 400],
  'the same field twice': [post('{"email":"a","email":"b","password":"c"}', JSON_TYPE), 400, 401],
  'a compression bomb': [post(gzipSync(Buffer.alloc(50_000_000)), JSON_TYPE, 'content-encoding: gzip'), 415],
  'brotli that is none': [post('{}', JSON_TYPE, 'content-encoding: br'), 415],
  'another charset': [post('{}', 'content-type: application/json; charset=utf-16'), 415],
  'bytes that are no UTF-8': [post(bytes(0xc3, 0x28), JSON_TYPE), 400],
  'an overlong slash': [post(bytes(0xc0, 0xaf), JSON_TYPE), 400],
  'a byte order mark': [post(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')]), JSON_TYPE), 400],
  'UTF-16': [post(Buffer.from('{"email":"a"}', 'utf16le'), JSON_TYPE), 400],
  XML: [post('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'content-type: application/xml'), 415],
  'a form': [post('email=a&password=b', 'content-type: application/x-www-form-urlencoded'), 415],
  'a form with files': [post('--x--', 'content-type: multipart/form-data; boundary=x'), 415],
  'no type': [post('{}'), 415],
  'a type of 10,000 letters': [post('{}', `content-type: application/json;${'a'.repeat(10_000)}`), 400, 415],
  'a path of 12 kB': [get(`/products/${'x'.repeat(12_000)}`), 404],
  'a query of 12 kB': [get(`/products?search=${'x'.repeat(12_000)}`), 400],
  'a thousand parameters': [get(`/products?${Array.from({ length: 1000 }, (_, n) => `p${n}=1`).join('&')}`), 400],
  'the same parameter a thousand times': [get(`/products?${'limit=1&'.repeat(1000)}`), 400],
  'nested parameters': [get('/products?limit[a][b][__proto__][c]=1'), 400],
  'a broken escape': [get('/products/%zz'), 404],
  'a NUL in the path': [get('/products/%00'), 404],
  'a path upwards': [get('/products/..%2f..%2fetc/passwd'), 404],
  'two slashes': [get('//attacker.example/products'), 404],
  'headers of 20 kB': [get('/products', `x-a: ${'x'.repeat(20_000)}`), 431],
  'a thousand headers': [get('/products', ...Array.from({ length: 1500 }, (_, n) => `x-${n}: 1`)), 431, 200],
  'a token of 12 kB': [get('/users/me', `authorization: Bearer ${'x'.repeat(12_000)}`), 401],
  'another scheme': [get('/users/me', 'authorization: Basic YTpi'), 401],
  'no token after Bearer': [get('/users/me', 'authorization: Bearer '), 401],
  'a request id with a line': [get('/nothing', 'x-request-id: a%0d%0aset-cookie: b=c'), 404],
  'an If-None-Match of 12 kB': [get('/products', `if-none-match: ${'"a",'.repeat(3000)}`), 200],
  'two lengths': [
    [`POST /auth/login HTTP/1.1\r\nhost: shop\r\n${JSON_TYPE}\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
    400,
  ],
  'a length and chunks': [
    [
      `POST /auth/login HTTP/1.1\r\nhost: shop\r\n${JSON_TYPE}\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    400,
  ],
  'an unknown encoding of the transfer': [
    [`POST /auth/login HTTP/1.1\r\nhost: shop\r\n${JSON_TYPE}\r\ntransfer-encoding: xchunked\r\n\r\n{}`],
    400,
    501,
  ],
  'a header over two lines': [['GET /products HTTP/1.1\r\nhost: shop\r\nx-a: 1\r\n b: 2\r\n\r\n'], 400],
  'a space before the colon': [['GET /products HTTP/1.1\r\nhost: shop\r\nx-a : 1\r\n\r\n'], 400],
  'two hosts': [['GET /products HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'], 400, 200],
  'no host': [['GET /products HTTP/1.1\r\n\r\n'], 400],
  'a method that does not exist': [['STEAL /products HTTP/1.1\r\nhost: shop\r\n\r\n'], 400],
  'HTTP/2 without asking': [['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], 400, 0],
  'no HTTP at all': [['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'], 400],
  'a request line without end': [[`GET /${'x'.repeat(MANY)}`], 431, 400, 414],
};

proof('P52', 'when requests are too large, too deep, broken or ambiguous, then each is refused by itself', {
  sizes: { ci: { times: 1 }, S: { times: 3 }, L: { times: 10 } },
  run: async ({ shop, size, history, figures }) => {
    const { gateway } = shop.system.state();
    const wrong: string[] = [];
    for (let time = 0; time < size.times; time++) {
      for (const [what, [pieces, ...allowed]] of Object.entries(ATTACKS)) {
        const answer = await sendRaw(gateway, pieces);
        if (!allowed.includes(answer?.status ?? 0)) wrong.push(`${what}: ${answer?.status ?? 'no answer'}`);
        if (answer && answer.status >= 400) expectCleanError(answer);
        if (answer) await history.record(what, () => Promise.resolve(answer));
      }
      const { answer } = await history.record('GET /products', () => shop.anonymous().call('GET', '/products?limit=1'));
      expect(answer?.status).toBe(200);
    }
    figures.attacks = history.seen.length;
    expect(wrong).toEqual([]);
  },
});
