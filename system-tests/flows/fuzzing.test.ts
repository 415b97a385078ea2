import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { System } from '../testing/system';

// On a new machine the fuzzer is installed first.
const LIMIT_MS = 600_000;

test(
  'when an admin and a customer send what the document allows and what it does not, then nothing fails and all is answered as it says',
  async () => {
    const script = join(__dirname, '..', 'fuzz', 'fuzz.mjs');
    const args = [script, '--size', 'ci', '--seed', '1', '--dir', System.shared().dir];
    const report = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { timeout: LIMIT_MS - 10_000 }, (_error, stdout, stderr) => {
        resolve(stdout + stderr);
      });
    });
    expect(report).toMatch(/\d{3,} requests answered as documented, seed 1\n$/);
  },
  LIMIT_MS,
);
