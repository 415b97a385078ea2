import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operatorCommand } from '../testing/operator-command';

describe.each(['local/verify-audit.mjs', 'local/reconcile.mjs'])('%s', (command) => {
  test('when it is asked how it is used, then it says so, and all is well', async () => {
    const { code, out } = await operatorCommand(command, ['--help']);
    expect([code, out]).toEqual([0, expect.stringContaining('--dir <folder>')]);
  });

  test('when an option is none, then it names it, says which there are, and has not looked', async () => {
    const { code, out } = await operatorCommand(command, ['--wrong']);
    expect(code).toBe(2);
    expect(out).toContain("Unknown option '--wrong'");
    expect(out).toContain('--dir <folder>');
    expect(out).not.toContain('defect');
  });

  test('when there is no shop, then it has not looked', async () => {
    const { code, out } = await operatorCommand(command, ['--dir', join(tmpdir(), 'no-shop-here')]);
    expect([code, out]).toEqual([2, expect.stringContaining('There is no shop in')]);
  });
});
