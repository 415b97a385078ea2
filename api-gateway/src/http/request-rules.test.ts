import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Line } from './request-rules';

class Lines {
  @Line(0, 10)
  perhaps: string;

  @Line(1, 10)
  something: string;
}

describe('one line of text', () => {
  const read = (field: keyof Lines, text: string) => {
    const rules = { perhaps: 'a', something: 'a', [field]: text };
    const { pattern } = Reflect.getMetadata('swagger/apiModelProperties', Lines.prototype, field);
    return {
      taken: validateSync(plainToInstance(Lines, rules)).length === 0,
      documented: new RegExp(pattern, 'u').test(text),
    };
  };

  test.each(['', ' ', '\u00a0', '\ufeff', 'a', ' a ', 'a b', 'Zoë', '😀', 'a\n', '\0', '\x7f', '\x85', 'a\tb'])(
    'when it is %j, then the OpenAPI document says what the validation does',
    (text) => {
      for (const field of ['perhaps', 'something'] as const) {
        const { taken, documented } = read(field, text);
        expect([field, documented]).toEqual([field, taken]);
      }
    },
  );
});
