import { spawnSync } from 'node:child_process';

const LINES = 500;
const WAYS = {
  'has nothing more to do': '',
  'is told to exit': 'process.exit(1);',
  'dies of an error': "throw new Error('nobody catches it');",
};

// More than the blocks that lines wait for, and not only ASCII.
const SAY = `
  const { Logger } = require('@shop/service-kit');
  const logger = Logger.create('products-service', 'info');
  for (let count = 0; count < ${LINES}; count++) logger.info({ count, reason: 'čaj 茶 🍵' }, 'said');
`;

it.each(Object.entries(WAYS))('when a process %s, then all that it said is on stdout, in that order', (_, end) => {
  const { stdout } = spawnSync(process.execPath, ['-e', SAY + end], { cwd: __dirname, encoding: 'utf8' });
  const said = stdout.split('\n').filter(Boolean).map(parse);
  expect(said).toEqual(Array.from({ length: LINES }, (_, count) => ({ count, reason: 'čaj 茶 🍵' })));
});

function parse(line: string): { count: unknown; reason: unknown } {
  const { 'labels.count': count, 'event.reason': reason } = JSON.parse(line) as Record<string, unknown>;
  return { count, reason };
}
