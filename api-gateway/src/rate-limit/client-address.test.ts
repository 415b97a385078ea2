import { clientAddress } from './client-address';

describe('what a limit counts as one client', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::'],
    ['2001:0DB8:0000:0001::', '2001:db8:0:1::'],
    ['2001:db8::1', '2001:db8:0:0::'],
    ['2001:db8:0:1::ffff', '2001:db8:0:1::'],
    ['fe80::1%eth0', 'fe80:0:0:0::'],
    ['::1', '0:0:0:0::'],
    ['::', '0:0:0:0::'],
  ])('when the address is %s, then it is %s', (ip, client) => {
    expect(clientAddress(ip)).toBe(client);
  });

  test.each([
    ['2001:db8:0:1::1', '2001:db8:0:1:ffff:ffff:ffff:ffff', true],
    ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['192.0.2.1', '192.0.2.2', false],
  ])('when there are %s and %s, then they are one: %s', (one, other, same) => {
    expect(clientAddress(one) === clientAddress(other)).toBe(same);
  });

  test.each(['', 'unix', 'not:an:address', '1.2.3.4.5'])(
    'when it is no address (%j), then it stays as it is',
    (text) => {
      expect(clientAddress(text)).toBe(text);
    },
  );
});
