import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const FOLDERS = ['deployment', 'api-gateway', 'users-service', 'products-service', 'orders-service'];
const linesOf = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n');

const letThrough = linesOf('.dockerignore')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

test.each(FOLDERS)('when the image of %s is built, then .dockerignore lets through whatever it copies', (folder) => {
  const copied = linesOf(`${folder}/Dockerfile`)
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  expect(copied.length).toBeGreaterThan(5);
  const missing = copied.filter((path) => !letThrough.some((given) => `${path}/`.startsWith(`${given}/`)));
  expect(missing).toEqual([]);
});
