import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The 3,000 most common passwords of 8 characters or more, in lower case; where they come from is said in the file's first lines. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  readFileSync(join(__dirname, '../../common-passwords.txt'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#')),
);
