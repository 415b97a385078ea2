import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Books } from './books';
import { History } from './history';
import { Shop } from './shop';
import { untilWhole } from './until-whole';

const PATIENCE_MS = 1_800_000;
const FOLDER = process.env.PROOF_FOLDER ?? join(__dirname, '..', '..', '.local', 'proofs');
const SIZE = (process.env.PROOF_SIZE ?? 'ci') as SizeName;
// Rounds that this very code has passed before are not run again; it is named by `npm run prove`.
const CODE = process.env.PROOF_CODE;

export type SizeName = 'ci' | 'S' | 'L';

/** How much of it: `rounds` is how often it is all done again, with other dice. */
export type Sizes<S> = Record<SizeName, S & { readonly rounds?: number }>;

export interface Scene<S> {
  /** The shared system, which has to be whole again in the end. */
  readonly shop: Shop;
  readonly books: Books;
  readonly size: S;
  /** From 1 on; the dice's seed. */
  readonly round: number;
  readonly history: History;
  /** What was measured, shown with the result. */
  readonly figures: Record<string, number | string>;
}

/** One promise of the system, proved on real processes at the size that PROOF_SIZE names. */
export function proof<S extends object>(
  id: string,
  promise: string,
  { sizes, run }: { sizes: Sizes<S>; run: (scene: Scene<S>) => Promise<void> },
): void {
  const size = sizes[SIZE];
  const rounds = Array.from({ length: size.rounds ?? 1 }, (_, index) => index + 1);
  test.each(rounds)(`${id}: ${promise} (${SIZE}, round %i)`, (round) => prove(id, { size, round, run }), PATIENCE_MS);
}

async function prove<S>(
  id: string,
  { size, round, run }: { size: S; round: number; run: (scene: Scene<S>) => Promise<void> },
): Promise<void> {
  const name = `${id}-${SIZE}-${round}`;
  const before = passedBefore(name);
  if (before) return tell(`${name} was passed before`, before);
  const shop = await Shop.open();
  const books = await Books.open(shop.system);
  const history = new History();
  const figures: Record<string, number | string> = {};
  const begunAt = Date.now();
  try {
    await run({ shop, books, size, round, history, figures });
    // A client to which nothing was ever answered has proved nothing.
    expect(history.counts().ok).toBeGreaterThan(0);
  } catch (error) {
    throw withHistory(error, history.keep(FOLDER, name));
  } finally {
    await books.close().catch(() => undefined);
    // One test may not fail for what another did.
    await untilWhole(shop);
    Object.assign(figures, history.counts(), { seconds: ((Date.now() - begunAt) / 1000).toFixed(1) });
    tell(name, figures);
  }
  remember(name, figures);
}

function tell(what: string, figures: object): void {
  const list = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
  process.stderr.write(`    ${what}: ${list.join(', ')}\n`);
}

function withHistory(error: unknown, file: string): unknown {
  if (error instanceof Error) error.message += `\n\nWhat the clients saw is in ${file}`;
  return error;
}

function passedBefore(name: string): object | undefined {
  const file = fileOf(name);
  if (!file || !existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as object;
}

function remember(name: string, figures: object): void {
  const file = fileOf(name);
  if (!file) return;
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), ...figures })}\n`);
}

function fileOf(name: string): string | undefined {
  return CODE ? join(FOLDER, CODE, `${name}.json`) : undefined;
}
