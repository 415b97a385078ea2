/** Shorter beginnings would say more about the rows, whose tokens anybody can compare, than they help a search. */
const SHORTEST = 3;

/** A name's words, without case and however its letters were typed. */
export function wordsOf(name: string): string[] {
  return name.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
}

/** The beginnings that find a word: from three letters on, and the whole of it. */
export function searchPrefixes(word: string): string[] {
  const letters = [...word];
  const beginnings = letters.slice(SHORTEST).map((_, index) => letters.slice(0, SHORTEST + index).join(''));
  return [...beginnings, word];
}
