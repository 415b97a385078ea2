import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIELDS_OF_EVERY_LINE, LOG_FIELDS, type LogFields } from './log-fields';
import { Logger } from './logger';
import { runWithContext } from './request-context';

const ROOT = join(__dirname, '..', '..');
const ELK = join(ROOT, 'deployment', 'observability', 'elk');
const FIELDS = [...FIELDS_OF_EVERY_LINE, ...Object.values(LOG_FIELDS)];

interface Mapping {
  readonly type?: string;
  readonly properties?: Record<string, Mapping>;
}

const read = (file: string) => readFileSync(join(ELK, file), 'utf8');
const mapped = () =>
  flat(
    (JSON.parse(read('fields.json')) as { component: { template: { mappings: Mapping } } }).component.template.mappings,
  );

function flat({ properties = {} }: Mapping, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, mapping]) =>
      mapping.type ? [[prefix + name, mapping.type]] : Object.entries(flat(mapping, `${prefix}${name}.`)),
    ),
  );
}

it('when docs/logs.md lists the fields, then by the same names, types and meanings, in the same order', () => {
  const text = readFileSync(join(ROOT, 'docs', 'logs.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(.+?)` +\| (\w+) +\| (?:`(\w+)` +\| )?(.+?) +\|$/gm)].map(
    ([, ...cells]) => cells,
  );
  expect(rows).toEqual([
    ...FIELDS_OF_EVERY_LINE.map(({ as, type, means }) => [as, type, undefined, means]),
    ...Object.entries(LOG_FIELDS).map(([name, { as, type, means }]) => [as, type, name, means]),
  ]);
});

it('when two names are written as one field, then it has one type', () => {
  const types = new Map<string, string>();
  for (const { as, type } of FIELDS) {
    expect([as, types.get(as) ?? type]).toEqual([as, type]);
    types.set(as, type);
  }
});

describe('what Elasticsearch is told', () => {
  const typeOf = (type: string) => (type === 'text' ? 'match_only_text' : type);
  const streams = { 'data_stream.type': 'constant_keyword', 'data_stream.dataset': 'constant_keyword' };

  it('when it has the fields, then all that lines can say, by the types of the list, and no others', () => {
    const expected = Object.fromEntries(FIELDS.map(({ as, type }) => [as, typeOf(type)]));
    expect(mapped()).toEqual({ ...expected, ...streams, 'data_stream.namespace': 'constant_keyword' });
  });

  it('when a line says all that it can, then each value is of the type that its field has', () => {
    const lines: string[] = [];
    const logger = Logger.create('test', 'info', { write: (line: string) => void lines.push(line) });
    const samples: Record<string, unknown> = { long: 7, boolean: true, ip: '192.0.2.7' };
    const fields = Object.entries(LOG_FIELDS).map(([name, { type }]) => [name, samples[type] ?? 'text']);
    const err = Object.assign(new Error('refused'), { query: 'SELECT $1' });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    runWithContext({ requestId: 'request-1', traceparent }, () =>
      logger.security('login_refused', { ...(Object.fromEntries(fields) as LogFields), err }),
    );
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(Object.keys(line).sort()).toEqual([...new Set(FIELDS.map(({ as }) => as))].sort());
    const types = mapped();
    for (const [name, value] of Object.entries(line))
      expect([name, kindOf(value)]).toEqual([name, kindFor(types[name])]);
  });

  it('when a line is a security event, or for the audit trail, then it goes to the stream that is kept longer', () => {
    const [, condition = ''] = /if (.+) \{/.exec(read('pipeline.conf')) ?? [];
    expect(condition).toBe('[event][action] or [labels][audit]');
    const { app, security } = JSON.parse(read('streams.json')) as Record<
      string,
      { policy: unknown; template: unknown }
    >;
    expect(
      [app?.policy, security?.policy].map((policy) => /"min_age":"(\w+)"/.exec(JSON.stringify(policy))?.[1]),
    ).toEqual(['30d', '180d']);
    for (const [name, stream] of Object.entries({ app, security }))
      expect(stream?.template).toMatchObject({
        index_patterns: [`logs-shop.${name}-*`],
        composed_of: ['shop-fields'],
        template: { settings: { index: { lifecycle: { name: `shop-${name}` } } } },
      });
  });

  it('when Kibana shows a search, then by a view that is there, and fields that are in the lines', () => {
    const objects = read('kibana.ndjson')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as SavedObject);
    const names = new Set<string>(FIELDS.map(({ as }) => as));
    expect(objects.map(({ attributes }) => attributes.title)).toEqual([
      'logs-shop.*',
      'Shop: errors',
      'Shop: security events',
      'Shop: audit trail',
      "Shop: one order's life",
    ]);
    for (const { attributes, references } of objects.filter(({ type }) => type === 'search')) {
      expect(references).toMatchObject([{ type: 'index-pattern', id: objects[0]?.id }]);
      const { query } = JSON.parse(attributes.kibanaSavedObjectMeta?.searchSourceJSON ?? '') as {
        query: { query: string };
      };
      const asked = [...query.query.matchAll(/([\w.]+) :/g)].map(([, name]) => name ?? '');
      expect([...asked, ...(attributes.columns ?? [])].filter((name) => !names.has(name))).toEqual([]);
    }
  });
});

interface SavedObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: {
    readonly title: string;
    readonly columns?: readonly string[];
    readonly kibanaSavedObjectMeta?: { readonly searchSourceJSON: string };
  };
  readonly references: readonly object[];
}

function kindOf(value: unknown): string {
  return typeof (Array.isArray(value) ? (value as unknown[])[0] : value);
}

function kindFor(type = ''): string {
  return { long: 'number', boolean: 'boolean' }[type] ?? 'string';
}
