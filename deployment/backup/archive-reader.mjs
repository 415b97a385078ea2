import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { Failure } from '../local/progress.mjs';
import { FORMAT } from './archive-writer.mjs';
import { decrypted } from './encryption.mjs';
import { Refusal } from './refusal.mjs';

const NOTE_BYTES = 16 * 1024 * 1024;

/** Reads a backup to its end and compares everything with its checksums; answers its first note and its manifest. */
export async function verifyArchive(file, key) {
  await verifyChecksum(file);
  return readArchive(file, key, async ({ content }) => {
    for await (const chunk of content) void chunk;
  });
}

/** Compares the file with the checksum beside it, where there is one: that needs no key. */
export async function verifyChecksum(file) {
  const beside = `${file}.sha256`;
  if (!existsSync(file)) throw new Refusal(`There is no ${file}.`);
  if (!existsSync(beside)) return;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  if (readFileSync(beside, 'utf8').split(' ')[0] !== hash.digest('hex'))
    throw new Failure(`${file} is damaged: it is not what ${beside} was written for.`);
}

/**
 * Gives `take` the parts in their order, each as { name, about, content }, where `about` is the backup's first note. A part
 * that lacks a byte, or is missing as a whole, is a failure.
 */
export async function readArchive(file, key, take) {
  const reading = extract();
  const source = createReadStream(file);
  const plain = await decrypted(source, key).catch((error) => {
    source.destroy();
    throw error;
  });
  const flowing = pipeline(plain, createGunzip(), reading).catch((error) => reading.destroy(error));
  try {
    return await readParts(reading, take);
  } catch (error) {
    throw error instanceof Damage ? new Failure(`${file} is damaged or incomplete (${error.message}).`) : error;
  } finally {
    reading.destroy();
    await flowing;
  }
}

async function readParts(reading, take) {
  const entries = reading[Symbol.asyncIterator]();
  let { value: entry } = await fromFile(() => entries.next());
  if (entry?.header.name !== 'backup.json') throw new Damage('it does not begin as a backup does');
  const about = await readNote(entry);
  if (about.format !== FORMAT)
    throw new Refusal(`This backup has format ${about.format}; this version reads ${FORMAT}.`);
  const parts = [];
  ({ value: entry } = await fromFile(() => entries.next()));
  while (entry && entry.header.name !== 'manifest.json') {
    const part = new Part(entry, entries);
    await take({ name: part.name, about, content: part.content() });
    parts.push(part.summary());
    entry = part.next;
  }
  if (!entry) throw new Damage('its end is missing');
  const manifest = await readNote(entry);
  compare(manifest.parts, parts);
  return { about, parts: manifest.parts };
}

/** The entries that follow each other under one name, as one stream. */
class Part {
  #entries;
  #hash = createHash('sha256');
  #bytes = 0;

  constructor(entry, entries) {
    this.name = nameOf(entry);
    this.next = entry;
    this.#entries = entries;
  }

  async *content() {
    while (this.next && nameOf(this.next) === this.name) {
      const chunks = this.next[Symbol.asyncIterator]();
      for (;;) {
        const { value: chunk, done } = await fromFile(() => chunks.next());
        if (done) break;
        this.#hash.update(chunk);
        this.#bytes += chunk.length;
        yield chunk;
      }
      ({ value: this.next } = await fromFile(() => this.#entries.next()));
    }
  }

  summary() {
    return { name: this.name, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

class Damage extends Error {}

function compare(expected, found) {
  // A part without a row has no entry.
  const listed = expected.filter(({ bytes }) => bytes > 0);
  for (const [index, { name, bytes, sha256 }] of listed.entries()) {
    const part = found[index];
    if (part?.name !== name) throw new Damage(`${name} is missing`);
    if (part.bytes !== bytes || part.sha256 !== sha256) throw new Damage(`${name} is not what was written`);
  }
  if (found.length > listed.length) throw new Damage('it has more than its manifest says');
}

// What goes wrong while reading is the file's fault; what `take` does with it is not.
async function fromFile(reading) {
  try {
    return await reading();
  } catch (error) {
    throw error instanceof Damage ? error : new Damage(error.message);
  }
}

function nameOf({ header }) {
  return header.name.slice(0, header.name.lastIndexOf('/'));
}

function readNote(entry) {
  return fromFile(async () => {
    if (entry.header.size > NOTE_BYTES) throw new Damage(`${entry.header.name} is too long`);
    const chunks = [];
    for await (const chunk of entry) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  });
}
