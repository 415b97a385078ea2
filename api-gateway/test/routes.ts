/* The OpenAPI document, read as a client's generator would: whatever is in it is tested. */

export interface Route {
  /** "PATCH /users/{id}" */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** With an id that nothing has. */
  readonly what: string;
  readonly operation: any;
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

export function routesOf(document: any): Route[] {
  return Object.entries<any>(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((lower) => {
      const method = lower.toUpperCase();
      const what = `${method} ${path.replaceAll(/\{[^}]+\}/g, 'some-id')}`;
      return { name: `${method} ${path}`, method, path, what, operation: item[lower] };
    }),
  );
}

/** What a page or a generator shows for a media type; undefined in it means that somebody has to guess. */
export function exampleOf(document: any, { schema, example }: any): unknown {
  return example ?? exampleOfSchema(document, schema);
}

function exampleOfSchema(document: any, schema: any): unknown {
  if (schema.example !== undefined) return schema.example;
  const [ref] = [schema.$ref, schema.allOf?.[0].$ref, schema.oneOf?.[0].$ref].filter(Boolean) as string[];
  if (ref) return exampleOfSchema(document, document.components.schemas[ref.split('/').pop() ?? '']);
  if (schema.type === 'array') return [exampleOfSchema(document, schema.items)];
  if (schema.type === 'string' && schema.enum) return schema.enum[0];
  if (schema.type !== 'object') return undefined;
  const properties = Object.entries(schema.properties ?? {});
  return Object.fromEntries(properties.map(([name, property]) => [name, exampleOfSchema(document, property)]));
}

/** Every object that a schema describes, itself and further down. */
export function objectsIn(document: any, schema: any): any[] {
  if (schema.$ref) return objectsIn(document, document.components.schemas[schema.$ref.split('/').pop()]);
  const inner = [...(schema.allOf ?? []), ...Object.values(schema.properties ?? {}), schema.items].filter(Boolean);
  return [...(schema.type === 'object' ? [schema] : []), ...inner.flatMap((one: any) => objectsIn(document, one))];
}

/** The paths at which somebody has to guess. */
export function gapsIn(value: unknown, path = ''): string[] {
  if (value === undefined) return [path || 'everything'];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => gapsIn(inner, `${path}.${name}`));
}
