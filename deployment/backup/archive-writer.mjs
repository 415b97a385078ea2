import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { encrypted } from './encryption.mjs';

// A tar entry begins with its size, which nobody knows of a table that is being read: it becomes several entries.
const PIECE_BYTES = 4 * 1024 * 1024;
const NEW_LINE = 0x0a;
export const FORMAT = 1;

/**
 * Writes tar, gzip, age, in one stream: `age --decrypt -i KEY FILE | tar xz` reads it. Under its final name there is only ever
 * a complete file, with its checksum beside it.
 */
export async function writeArchive(file, key, fill) {
  const partial = `${file}.partial`;
  const tar = pack();
  const gzip = createGzip();
  const whole = hashing();
  const archive = new ArchiveWriter(tar);
  try {
    const sealed = await encrypted(gzip, key);
    await allOrTheCause([
      fillTar(tar, archive, fill),
      pipeline(tar, gzip),
      pipeline(sealed, whole.through, createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true })),
    ]);
    await writeFile(`${file}.sha256`, `${whole.digest()}  ${basename(file)}\n`, { mode: 0o600, flush: true });
    await rename(partial, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await Promise.all([partial, `${file}.sha256`].map((each) => rm(each, { force: true })));
    throw error;
  }
  return { bytes: whole.bytes(), parts: archive.parts };
}

// When one ends badly, all do; the first of them knows best why.
async function allOrTheCause(promises) {
  const failed = (await Promise.allSettled(promises)).find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
}

async function fillTar(tar, archive, fill) {
  try {
    await fill(archive);
    await archive.finish();
  } catch (error) {
    tar.destroy(error);
    throw error;
  }
}

class ArchiveWriter {
  parts = [];
  #tar;

  constructor(tar) {
    this.#tar = tar;
  }

  /** A small entry of its own. */
  async note(name, content) {
    await this.#entry(name, Buffer.from(`${JSON.stringify(content, null, 2)}\n`));
  }

  /** A part of any size, as it comes: lines, counted. Memory holds one piece. */
  async part(name, chunks) {
    const hash = createHash('sha256');
    const part = { name, rows: 0, bytes: 0, sha256: '' };
    let waiting = [];
    let waitingBytes = 0;
    let pieces = 0;
    const flush = async () => {
      pieces += 1;
      await this.#entry(`${name}/${String(pieces).padStart(6, '0')}`, Buffer.concat(waiting));
      waiting = [];
      waitingBytes = 0;
    };
    for await (const chunk of chunks) {
      hash.update(chunk);
      part.rows += countLines(chunk);
      part.bytes += chunk.length;
      waiting.push(chunk);
      waitingBytes += chunk.length;
      if (waitingBytes >= PIECE_BYTES) await flush();
    }
    if (waitingBytes > 0) await flush();
    this.parts.push({ ...part, sha256: hash.digest('hex') });
    return part;
  }

  async finish() {
    await this.note('manifest.json', { format: FORMAT, parts: this.parts });
    this.#tar.finalize();
  }

  #entry(name, content) {
    return new Promise((resolve, reject) => {
      this.#tar.entry({ name, mode: 0o600 }, content, (error) => (error ? reject(error) : resolve()));
    });
  }
}

function countLines(chunk) {
  let count = 0;
  for (let at = chunk.indexOf(NEW_LINE); at !== -1; at = chunk.indexOf(NEW_LINE, at + 1)) count += 1;
  return count;
}

function hashing() {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(undefined, chunk);
    },
  });
  return { through, digest: () => hash.digest('hex'), bytes: () => bytes };
}

async function syncFolder(folder) {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
