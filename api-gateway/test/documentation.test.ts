import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { exampleOf, gapsIn, objectsIn, type Route, routesOf } from './routes';
import { openShop, type Shop } from './shop';

let shop: Shop;
let document: any;
let routes: Route[];

beforeAll(async () => {
  shop = await openShop();
  document = (await shop.ask('anybody', 'GET /docs-json')).body;
  routes = routesOf(document);
});
afterAll(() => shop.close());

/** What is wrong, by route, so that a failure names all of it. */
const complaints = (check: (route: Route) => unknown[]) =>
  Object.fromEntries(routes.map((route) => [route.name, check(route)]).filter(([, found]) => (found as []).length > 0));
const mediaOf = (response: any) => Object.entries<any>(response.content ?? {});

describe('the OpenAPI document', () => {
  test('when an operation is read, then it has a summary, a group that is described, and who may call it', () => {
    const groups = document.tags.map(({ name }: { name: string }) => name);
    const isIncomplete = ({ operation: { summary, tags, security, responses } }: Route) => [
      ...(summary ? [] : ['summary']),
      ...(tags?.length === 1 && groups.includes(tags[0]) ? [] : ['tag']),
      ...(Array.isArray(security) && (security.length === 0 || '401' in responses) ? [] : ['security']),
    ];
    expect(routes.length).toBeGreaterThan(30);
    expect(complaints(isIncomplete)).toEqual({});
    expect(document.tags.every(({ description }: { description?: string }) => description)).toBe(true);
    expect(new Set(routes.map(({ operation }) => operation.operationId)).size).toBe(routes.length);
  });

  test('when a parameter, a response or a schema is read, then it is described', () => {
    const undescribed = ({ operation: { parameters = [], responses } }: Route) => [
      ...parameters.filter(({ description }: any) => !description).map(({ name }: any) => name),
      ...Object.keys(responses).filter((status) => !responses[status].description),
    ];
    expect(complaints(undescribed)).toEqual({});
    const named = Object.entries<any>(document.components.schemas).filter(
      ([name, { description, enum: values }]) => /(Dto|Body)$/.test(name) || (!description && !values),
    );
    expect(named.map(([name]) => name)).toEqual([]);
  });

  test('when a body is read, then nobody has to guess what it looks like', () => {
    const gaps = ({ operation: { requestBody = {}, responses } }: Route) =>
      [requestBody, ...Object.values<any>(responses)]
        .flatMap((body) => mediaOf(body))
        .filter(([type]) => type === 'application/json')
        .flatMap(([, media]) => gapsIn(exampleOf(document, media)));
    expect(complaints(gaps)).toEqual({});
  });

  test('when an error is read, then it is a problem document, with an example of that status for each code', () => {
    const wrong = ({ operation: { tags, responses } }: Route) =>
      Object.keys(responses)
        .filter((status) => tags[0] !== 'health' && (Number(status) >= 400 || status === 'default'))
        .filter((status) => {
          const { examples } = responses[status].content['application/problem+json'];
          return !Object.entries<any>(examples).every(
            ([code, { value }]) => value.code === code && String(value.status) === status.replace('default', '500'),
          );
        });
    expect(complaints(wrong)).toEqual({});
  });

  test('when a route takes a body, then it says what happens to a bad one', () => {
    const silent = ({ operation: { requestBody, responses } }: Route) =>
      requestBody ? ['400', '413', '415'].filter((status) => !(status in responses)) : [];
    expect(complaints(silent)).toEqual({});
  });

  test('when a request has an object in it, then it says that other fields are refused', () => {
    const open = ({ operation: { requestBody, tags } }: Route) =>
      requestBody && tags[0] !== 'webhooks'
        ? objectsIn(document, requestBody.content['application/json'].schema).filter(
            ({ additionalProperties }) => additionalProperties !== false,
          )
        : [];
    expect(complaints(open)).toEqual({});
  });

  test('when a body is said to be required and none comes, then that is refused', async () => {
    // In a shop without Stripe its webhooks are not there, whatever comes.
    const taking = routes.filter(
      ({ operation }) => operation.requestBody?.required && operation.tags[0] !== 'webhooks',
    );
    expect(taking.length).toBeGreaterThan(10);
    for (const { what } of taking) {
      const { status, body } = await shop.ask('admin', what);
      expect([what, status, body.code]).toEqual([what, 400, 'VALIDATION_FAILED']);
    }
  });

  test('when the example of a request is sent, then it is what the API takes', async () => {
    const taking = routes.filter(({ operation }) => operation.requestBody);
    expect(taking.length).toBeGreaterThan(10);
    for (const { what, operation } of taking) {
      const body = exampleOf(document, operation.requestBody.content['application/json']);
      const { status, body: answer } = await shop.ask('admin', what, { body });
      expect([what, status === 400 ? answer : 'taken']).toEqual([what, 'taken']);
    }
  });
});

describe('the page', () => {
  test('when it is opened over plain http, then its policy lets its own scripts work', async () => {
    const { status, headers, body } = await shop.ask('anybody', 'GET /docs');
    expect(status).toBe(200);
    expect(body).toContain('swagger-ui');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(policy).toContain("object-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).not.toContain('upgrade-insecure-requests');
    for (const file of ['swagger-ui-init.js', 'swagger-ui-bundle.js', 'swagger-ui.css']) {
      expect([file, (await shop.ask('anybody', `GET /docs/${file}`)).status]).toEqual([file, 200]);
    }
  });

  test.each(['/docs-json', '/docs-yaml', '/docsets'])(
    'when %s is asked for, which is no page, then its policy is that of data',
    async (path) => {
      const { headers } = await shop.ask('anybody', `GET ${path}`);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    },
  );

  test.each([
    '/docs/../package.json',
    '/docs/..%2fpackage.json',
    '/docs/%2e%2e/package.json',
    '/docs/%2e%2e%2f%2e%2e%2fpackage.json',
    '/docs/..%5cpackage.json',
    '/docs/./swagger-ui.css',
    '/docs//swagger-ui.css',
    '/docs/%00',
    '/docs/nothing.js',
    '/docs/.env',
  ])('when a path leaves the page (%s), then nothing is there', async (path) => {
    const { status, type, body } = await asWritten(path);
    expect([status, type]).toEqual([404, 'application/problem+json; charset=utf-8']);
    expect(JSON.parse(body)).toMatchObject({ status: 404, code: 'NOT_FOUND', instance: path });
  });

  test('when it is on the page, then no script is inline: the policy would not run it', async () => {
    const { body } = await shop.ask('anybody', 'GET /docs');
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
  });
});

/** fetch would tidy the path. */
async function asWritten(path: string): Promise<{ status?: number; type?: string; body: string }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port: shop.gateway.port, path }, resolve).on('error', reject);
  });
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}
