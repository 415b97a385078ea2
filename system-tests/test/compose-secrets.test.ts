import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const SECRET = /(_SECRET|_KEY|_PASSWORD|_URI|DATABASE_URL|RABBITMQ_URL)$/;

test.each(['docker-compose.yml', 'deployment/compose/stripe.yml'])(
  'when %s gives a container a secret, then it is a file: whoever may inspect containers reads variables',
  (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const variables = [...text.matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name = '']) => name);
    expect(variables.some((name) => SECRET.test(name.replace(/_FILE$/, '')))).toBe(true);
    expect(variables.filter((name) => SECRET.test(name))).toEqual([]);
  },
);
