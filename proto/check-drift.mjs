// Fails when generated/ is not what `npm run proto` makes of the .proto files.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const scratch = mkdtempSync(join(import.meta.dirname, '.drift-'));
try {
  execFileSync('buf', ['generate', '--output', scratch], { cwd: import.meta.dirname, stdio: 'inherit' });
  const stale = readdirSync(join(scratch, 'generated')).filter((file) => {
    const fresh = readFileSync(join(scratch, 'generated', file), 'utf8');
    return fresh !== readFileSync(join(import.meta.dirname, 'generated', file), 'utf8');
  });
  if (stale.length > 0) {
    console.error(`proto/generated is stale (${stale.join(', ')}): run npm run proto and commit the result`);
    process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
