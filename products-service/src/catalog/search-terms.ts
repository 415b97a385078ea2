const LONGEST_PREFIX = 24;
const MOST_WORDS_ASKED = 10;

interface Searchable {
  readonly name: string;
  readonly tags: readonly string[];
  readonly category: string;
  readonly sku: string;
}

/** Every start of every word, so that a search by prefix is a plain look-up of equal strings in one index. */
export function searchTerms({ name, tags, category, sku }: Searchable): string[] {
  const words = [name, ...tags, category, sku].flatMap((text) => wordsOf(text));
  return [...new Set(words.flatMap((word) => prefixesOf(word)))];
}

/** The terms that a product must have to be found. */
export function askedTerms(search: string): string[] {
  return [...new Set(wordsOf(search).map((word) => cut(word)))].slice(0, MOST_WORDS_ASKED);
}

/** Without case, accents and width: "Café" and "CAFE" are the same word. */
export function normalise(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}

function wordsOf(text: string): string[] {
  return normalise(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

function prefixesOf(word: string): string[] {
  const letters = [...cut(word)];
  return letters.map((_letter, index) => letters.slice(0, index + 1).join(''));
}

function cut(word: string): string {
  return [...word].slice(0, LONGEST_PREFIX).join('');
}
