import { randomInt, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from './system';

/** Values that are found nowhere else: who sees one in a log knows that something was written that may not be. */
export class Canaries {
  private readonly known = new Map<string, string>();

  /** `what` it stands for is what a failure says. */
  text(what: string): string {
    return this.remember(what, `canary-${randomUUID()}`);
  }

  password(): string {
    return this.remember('a password', `pw ${randomUUID()}`);
  }

  card(): string {
    return this.remember('a card number', `4242${Array.from({ length: 12 }, () => randomInt(10)).join('')}`);
  }

  remember(what: string, value: string): string {
    this.known.set(value, what);
    return value;
  }

  /** What a system was given to keep: passwords of stores, secrets of tokens, keys. */
  rememberSecretsOf(system: System): void {
    const folder = join(system.dir, 'secrets');
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), 'utf8').trim();
      if (text.length >= 16 && !/\s/.test(text)) this.remember(`the secret ${name}`, text);
    }
  }

  get count(): number {
    return this.known.size;
  }

  /** Which of them are in a text. */
  foundIn(text: string): string[] {
    return [...this.known].filter(([value]) => text.includes(value)).map(([, what]) => what);
  }
}
