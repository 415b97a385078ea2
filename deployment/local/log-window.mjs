import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

const LOUD = new Set(['warn', 'error', 'fatal']);
const LONGEST_READ = 65_536;

/** Follows the apps' logs and shows what is a warning or worse; the rest stays in the files. */
export class LogWindow {
  #offsets = new Map();

  constructor(files) {
    for (const [name, file] of Object.entries(files)) this.#offsets.set(name, { file, at: sizeOf(file) });
    this.timer = setInterval(() => this.show(), 500);
    this.timer.unref();
  }

  stop() {
    clearInterval(this.timer);
    this.show();
  }

  show() {
    for (const [name, position] of this.#offsets) {
      const text = readFrom(position);
      for (const line of text.split('\n').filter(Boolean)) showLine(name, line);
    }
  }
}

function showLine(name, line) {
  try {
    const { 'log.level': level, message = '' } = JSON.parse(line);
    if (LOUD.has(level)) console.log(`  ${name} ${level}: ${message}`.slice(0, 300));
  } catch {
    console.log(`  ${name}: ${line}`.slice(0, 300));
  }
}

// Whole lines only; of a flood, the end.
function readFrom(position) {
  const size = sizeOf(position.file);
  if (size <= position.at) return '';
  const start = Math.max(position.at, size - LONGEST_READ);
  const buffer = Buffer.alloc(size - start);
  const descriptor = openSync(position.file, 'r');
  readSync(descriptor, buffer, 0, buffer.length, start);
  closeSync(descriptor);
  const end = buffer.lastIndexOf(10) + 1;
  position.at = start + end;
  return buffer.subarray(0, end).toString('utf8');
}

function sizeOf(file) {
  return existsSync(file) ? statSync(file).size : 0;
}
