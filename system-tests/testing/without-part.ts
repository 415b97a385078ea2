import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

// What somebody with the key could do by hand, with age and tar.
const SCRIPT = `
  import { readFileSync, writeFileSync, rmSync } from 'node:fs';
  import { gunzipSync, gzipSync } from 'node:zlib';
  import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
  import { extract, pack } from 'tar-stream';
  const [file, part, key] = process.argv.slice(1);
  const identity = readFileSync(key, 'utf8').match(/^AGE-SECRET-KEY-1.*/m)[0];
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const entries = extract();
  entries.end(gunzipSync(await decrypter.decrypt(readFileSync(file))));
  const tar = pack();
  const rest = [];
  tar.on('data', (chunk) => rest.push(chunk));
  const ended = new Promise((resolve) => tar.on('end', resolve));
  for await (const entry of entries) {
    const chunks = [];
    for await (const chunk of entry) chunks.push(chunk);
    if (!entry.header.name.startsWith(part + '/')) tar.entry({ name: entry.header.name }, Buffer.concat(chunks));
  }
  tar.finalize();
  await ended;
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  writeFileSync(file, await encrypter.encrypt(gzipSync(Buffer.concat(rest))));
  rmSync(file + '.sha256');`;

/** Takes a part out of a backup; everything else is whole, and the file is sealed as it was. */
export function withoutPart(file: string, { part, key }: { part: string; key: string }): void {
  execFileSync(process.execPath, ['--input-type=module', '-e', SCRIPT, file, part, key], {
    cwd: join(__dirname, '..', '..'),
  });
}
