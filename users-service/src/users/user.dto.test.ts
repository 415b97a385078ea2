import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { RegisterUserDto } from './user.dto';

const read = (changes: object) =>
  plainToInstance(RegisterUserDto, { email: 'ann@example.com', name: 'Ann', password: 'correct horse', ...changes });
const wrongFields = (changes: object) => validateSync(read(changes)).map(({ property }) => property);

describe('a registration', () => {
  test.each(['ann@example.com', 'Ann.O+tag@Example.COM', "o'neil@example.co.uk", 'x@xn--bcher-kva.example'])(
    'when the address is %s, then it is taken as given',
    (email) => {
      expect(wrongFields({ email })).toEqual([]);
      expect(read({ email }).email).toBe(email);
    },
  );

  test('when the address has spaces around it, then they do not count', () => {
    expect(read({ email: '  ann@example.com\n' }).email).toBe('ann@example.com');
  });

  test.each([
    '',
    'ann',
    'ann@',
    '@example.com',
    'a b@example.com',
    'ann@example',
    'änn@example.com',
    'ann\0@example.com',
  ])('when the address is %j, then it is refused', (email) => {
    expect(wrongFields({ email })).toEqual(['email']);
  });

  test('when the address is where erased accounts go, then it is refused', () => {
    expect(wrongFields({ email: 'erased-1@erased.invalid' })).toEqual(['email']);
  });

  test.each(['', '   ', 'a\0b', 'two\nlines', 'n'.repeat(101)])('when the name is %j, then it is refused', (name) => {
    expect(wrongFields({ name })).toEqual(['name']);
  });
});
