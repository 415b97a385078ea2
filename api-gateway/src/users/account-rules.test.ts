import { EMAIL_ADDRESS, NAME } from './account-rules';

// users-service's own tests say the same of its validation.
describe('what the OpenAPI document says of an account', () => {
  const email = new RegExp(EMAIL_ADDRESS.pattern, 'u');
  const name = new RegExp(NAME.pattern, 'u');

  test.each([
    'ann@example.com',
    'Ann.O+tag@Example.COM',
    "o'neil@example.co.uk",
    'x@xn--bcher-kva.example',
    '"a.b"@example.com',
    '"\\""@example.com',
    '  ann@example.com\n',
    'a@b-c.d1.museum',
  ])('when the address is %j, then it is one', (address) => expect(address).toMatch(email));

  test.each([
    '',
    'ann',
    'ann@',
    '@example.com',
    'a b@example.com',
    'ann@example',
    'änn@example.com',
    'ann@exämple.com',
    'ann\0@example.com',
    'ann.@example.com',
    'a..n@example.com',
    'ann@-example.com',
    'ann@example.c',
    'ann@example.12',
    'ann@exam_ple.com',
  ])('when the address is %j, then it is none', (address) => expect(address).not.toMatch(email));

  test.each(['A', 'Ada Lovelace', '  Ada \t', 'Zoë', '李', '😀'.repeat(100)])(
    'when the name is %j, then it is one',
    (one) => expect(one).toMatch(name),
  );

  test.each(['', ' ', '\u00a0', 'A\0', 'A\nB', 'x'.repeat(101), `${'x'.repeat(101)}   `])(
    'when the name is %j, then it is none',
    (one) => expect(one).not.toMatch(name),
  );
});
