import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig, variablesOf } from '@shop/service-kit';
import { GatewayConfig } from './config';

const example = parseEnv(readFileSync(join(__dirname, '../.env.example'), 'utf8')) as Record<string, string>;
const complete = {
  ...example,
  JWT_ACCESS_SECRET: 'qJ1v7mWz0bXo4RkTn9pLs2YdGf6HcUaE8iVy',
  JWT_REFRESH_SECRET: 'Zt5rMx8KwQ3nBv1jLp7CsHd9FgYe2UoIa4Tk',
  JWT_SERVICE_SECRET: 'Nw6yPb2XeRk9SvTd4MhJq1LzCg8FuOaI3iVx',
  REDIS_PASSWORD: 'of-this-test',
  EVENT_KEY_PRODUCT: 'k1:aNsPJbXXXSraLqbpSuScvfubr/jB0iij6AZQ4pu9f1E=',
  EVENT_KEY_USER: 'k1:+bXr5gAPZMr15zvfHpSe3w+p/oJKv2sqdNg7ed3lJjc=',
};
const problemsOf = (changes: Record<string, string>) => readConfig(GatewayConfig, { ...complete, ...changes }).problems;

describe('the configuration', () => {
  test('when the example is compared with the schema, then both name the same variables', () => {
    expect(Object.keys(example).sort()).toEqual(variablesOf(GatewayConfig).sort());
  });

  test('when the example is completed with passwords and secrets, then it is valid', () => {
    expect(problemsOf({})).toEqual([]);
  });

  test('when a variable of the example is left out, then it has the value of the example, or is required', () => {
    const { config } = readConfig(GatewayConfig, complete);
    const withoutDefault = /_SECRET$|^EVENT_KEY_|_FILE$|_URL$|^HTTP_PORT$|^REDIS_/;
    for (const name of Object.keys(example).filter((each) => !withoutDefault.test(each))) {
      const { config: other, problems } = readConfig(GatewayConfig, { ...complete, [name]: '' });
      expect([name, problems, other]).toEqual([name, [], config]);
    }
  });

  test('when the example is used as it is, then every missing secret is named', () => {
    const names = readConfig(GatewayConfig, example).problems.map((problem) => problem.split(' ')[0]);
    expect(names.sort()).toEqual([
      'EVENT_KEY_PRODUCT',
      'EVENT_KEY_USER',
      'JWT_ACCESS_SECRET',
      'JWT_REFRESH_SECRET',
      'JWT_SERVICE_SECRET',
      'REDIS_PASSWORD',
    ]);
  });

  test.each([
    ['RATE_LIMIT_LOGIN', '10'],
    ['RATE_LIMIT_LOGIN', '0/60'],
    ['RATE_LIMIT_LOGIN', '10/0'],
    ['RATE_LIMIT_LOGIN', '-1/60'],
    ['RATE_LIMIT_GLOBAL', 'none'],
    ['RATE_LIMIT_ENABLED', 'yes'],
    ['RATE_LIMIT_ROUTES', 'POST /orders'],
    ['RATE_LIMIT_ROUTES', 'POST /orders=many'],
    ['RATE_LIMIT_ROUTES', '/orders=30/60'],
    ['RATE_LIMIT_ROUTES', 'POST orders=30/60'],
    ['RATE_LIMIT_ROUTES', 'post /orders=30/60'],
    ['RATE_LIMIT_ROUTES', 'POST /orders=30/60, POST /orders=60/60'],
    ['TRUSTED_PROXY_HOPS', '-1'],
    ['TRUSTED_PROXY_HOPS', 'true'],
    ['SESSION_MAX_PER_USER', '0'],
    ['JWT_EXPIRATION', 'soon'],
    ['REDIS_PORT', '70000'],
  ])('when %s is %j, then it is named', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });

  test('when two secrets are equal, then both are named', () => {
    const problems = problemsOf({ JWT_REFRESH_SECRET: complete.JWT_ACCESS_SECRET });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'JWT_ACCESS_SECRET',
      'JWT_REFRESH_SECRET',
    ]);
  });

  test('when a secret is to come that another variable has, then it is named', () => {
    const problems = problemsOf({
      JWT_REFRESH_SECRET: `${complete.JWT_REFRESH_SECRET},${complete.JWT_SERVICE_SECRET}`,
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['JWT_REFRESH_SECRET']);
  });

  test('when limits are given, then they are points per seconds, or none', () => {
    const { config } = readConfig(GatewayConfig, { ...complete, RATE_LIMIT_LOGIN: '7/30', RATE_LIMIT_ORDERS: 'off' });
    expect(config).toMatchObject({ RATE_LIMIT_LOGIN: { points: 7, seconds: 30 }, RATE_LIMIT_ORDERS: 'off' });
  });

  test('when routes have limits of their own, then each is points per seconds, or none', () => {
    const RATE_LIMIT_ROUTES = 'POST /orders=30/60, GET /products/:id=off,';
    expect(readConfig(GatewayConfig, { ...complete, RATE_LIMIT_ROUTES }).config.RATE_LIMIT_ROUTES).toEqual({
      'POST /orders': { points: 30, seconds: 60 },
      'GET /products/:id': 'off',
    });
  });
});
