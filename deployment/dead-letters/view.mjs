const WIDTHS = { id: 36, queue: 34, type: 24, age: 6, attempts: 8 };

/** One line each, for a terminal. */
export function tableOf(letters) {
  const head = row({ id: 'id', queue: 'queue', type: 'kind', age: 'age', attempts: 'attempts', reason: 'reason' });
  return [head, ...letters.map((letter) => row({ ...letter, age: ageOf(letter) }))].join('\n');
}

/** All that is known of one. */
export function shown({ id, queue, type, reason, failedAt, attempts, replays, message }) {
  const { content, properties } = message;
  const body = `${content.length} bytes, sealed`;
  const known = { id, queue, type, reason, failedAt, attempts, replays, headers: properties.headers, body };
  return JSON.stringify(known, null, 2);
}

function row({ reason, ...columns }) {
  const cells = Object.entries(WIDTHS).map(([name, width]) => String(columns[name]).padEnd(width));
  return [...cells, reason].join('  ');
}

function ageOf({ failedAt }) {
  const minutes = Math.floor((Date.now() - failedAt) / 60_000);
  if (minutes < 60) return `${minutes} m`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
