import { spawnSync } from 'node:child_process';

const LINES = 550;
const WAYS = {
  'has nothing more to do': '',
  'is told to exit': 'process.exit(1);',
  'dies of an error': "throw new Error('nobody catches it');",
};

// More than leave together, and not only ASCII.
const SAY = `
  const { Logger } = require('@shop/service-kit');
  const logger = Logger.create('products-service', 'info');
  const say = (count, level = 'info') => logger[level]({ count, reason: 'čaj 茶 🍵' }, 'said');
`;
const SAY_MUCH = `${SAY} for (let count = 0; count < ${LINES}; count++) say(count);`;
const DIE = "process.kill(process.pid, 'SIGKILL');";

it.each(Object.entries(WAYS))('when a process %s, then all that it said is on stdout, in that order', (_, end) => {
  expect(saidBy(SAY_MUCH + end)).toEqual(linesUpTo(LINES));
});

it('when something was said a second ago, then it is on stdout even if the process is killed', () => {
  expect(saidBy(`${SAY_MUCH} setTimeout(() => { ${DIE} }, 1000);`)).toEqual(linesUpTo(LINES));
});

it('when a warning is said, then it takes along at once what was said before', () => {
  // No timer can do it.
  const hang = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);';
  expect(saidBy(`${SAY} say(0); say(1); say(2, 'warn'); ${hang} ${DIE}`)).toEqual(linesUpTo(3));
});

function saidBy(code: string): unknown[] {
  const { stdout } = spawnSync(process.execPath, ['-e', code], { cwd: __dirname, encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(parse);
}

function parse(line: string): { count: unknown; reason: unknown } {
  const { 'labels.count': count, 'event.reason': reason } = JSON.parse(line) as Record<string, unknown>;
  return { count, reason };
}

function linesUpTo(number: number): unknown[] {
  return Array.from({ length: number }, (_, count) => ({ count, reason: 'čaj 茶 🍵' }));
}
