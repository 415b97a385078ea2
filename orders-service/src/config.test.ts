import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variablesOf } from '@shop/service-kit';
import { OrdersConfig } from './config';

describe('.env.example', () => {
  test('when the configuration reads a variable, then it is documented, and nothing else is', () => {
    const text = readFileSync(join(__dirname, '../.env.example'), 'utf8');
    const documented = [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(documented.sort()).toEqual(variablesOf(OrdersConfig).sort());
  });
});
