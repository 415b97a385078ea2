import { toPattern } from './wrong-method';

describe('a route as an expression for paths', () => {
  test.each([
    ['/orders', '/orders', true],
    ['/orders', '/orders/', false],
    ['/orders', '/orders/1', false],
    ['/orders', '/v2/orders', false],
    ['/orders/:id', '/orders/1', true],
    ['/orders/:id', '/orders/', false],
    ['/orders/:id', '/orders/1/cancel', false],
    ['/orders/:id/cancel', '/orders/1/cancel', true],
    ['/orders/:id/cancel', '/orders/a%2Fb/cancel', true],
    ['/docs/*', '/docs/a/b.js', true],
    ['/docs/swagger-ui.css', '/docs/swagger-ui.css', true],
    ['/docs/swagger-ui.css', '/docs/swagger-uiXcss', false],
    ['/a+b', '/a+b', true],
    ['/a+b', '/aab', false],
  ])('when the route is %s and the path %s, then it matches: %s', (route, path, matches) => {
    expect(toPattern(route).test(path)).toBe(matches);
  });
});
