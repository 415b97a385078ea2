import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig, variablesOf } from '@shop/service-kit';
import { ProductsConfig } from './config';

const example = parseEnv(readFileSync(join(__dirname, '../.env.example'), 'utf8')) as Record<string, string>;
const complete = {
  ...example,
  JWT_SERVICE_SECRET: 'k3J8vQ2mZx7Lr9Tn4Bw6Hs1Yd5Gf0PaC',
  EVENT_KEY_ORDER: 'k1:GymUR7nLfRyYeQRN5b4RYF5As6jaNcHb2fsRffn2rjA=',
  EVENT_KEY_STOCK: 'k1:KNjE1Af42lGLiq9ubPAlIrrm/dSLKLe3rEE60lcab8c=',
  EVENT_KEY_PRODUCT: 'k1:Rxh0vCK/IPfOF/cFp1ii9kSCD7Sh2yEC+A/tIy1nr4c=',
};

describe('the configuration', () => {
  test('when the example is compared with the schema, then both name the same variables', () => {
    expect(Object.keys(example).sort()).toEqual(variablesOf(ProductsConfig).sort());
  });

  test('when the example is completed with secrets, then it is valid', () => {
    const { config, problems } = readConfig(ProductsConfig, complete);
    expect(problems).toEqual([]);
    expect(config).toMatchObject({ GRPC_PORT: 5050, SAGA_PULL_MARKS_AFTER: 600_000, CURRENCY: 'USD' });
  });

  test('when the example is used as it is, then every missing secret is named', () => {
    const names = readConfig(ProductsConfig, example).problems.map((problem) => problem.split(' ')[0]);
    expect(names.sort()).toEqual(['EVENT_KEY_ORDER', 'EVENT_KEY_PRODUCT', 'EVENT_KEY_STOCK', 'JWT_SERVICE_SECRET']);
  });

  test.each([
    ['MONGODB_URI', 'http://example.org'],
    ['MONGODB_POOL_SIZE', '0'],
    ['CURRENCY', 'usd'],
    ['SAGA_SWEEP_INTERVAL', 'soon'],
  ])('when %s is %j, then it is named', (name, value) => {
    expect(readConfig(ProductsConfig, { ...complete, [name]: value }).problems).toEqual([
      expect.stringContaining(name),
    ]);
  });
});
