import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECURITY_EVENTS } from './security-events';

const ROOT = join(__dirname, '..', '..');
const APPS = ['service-kit', 'api-gateway', 'users-service', 'products-service', 'orders-service'];

const sources = APPS.flatMap((app) =>
  readdirSync(join(ROOT, app, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('security-events') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(ROOT, app, 'src', file), 'utf8')),
).join('\n');

describe('the security events', () => {
  it('when docs/security.md lists them, then by the same names, levels and meanings, in the same order', () => {
    const text = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(\w+)` +\| (info|warn) +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells);
    expect(rows).toEqual(Object.entries(SECURITY_EVENTS).map(([name, { level, means }]) => [name, level, means]));
  });

  it.each(Object.keys(SECURITY_EVENTS))('when %s is listed, then something says it', (name) => {
    expect(sources).toContain(`'${name}'`);
  });
});
