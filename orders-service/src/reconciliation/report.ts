import { type Drift, DRIFT_KINDS, subjectOf } from './drift';
import type { Findings } from './reconcile';

/** What an operator reads: how much was compared, and each drift with what became of it or is to be done. */
export function reportOf(first: Findings, last: Findings, tried: ReadonlySet<string>): string {
  const { orders, products, payments } = first;
  const compared = `${orders.size} orders, ${products} products and ${payments.size} payments were compared.\n`;
  if (first.drifts.length === 0) return `${compared}No drift.\n`;
  const left = new Set(last.drifts.map(keyOf));
  const all = [
    ...first.drifts,
    ...last.drifts.filter((drift) => !first.drifts.some((one) => keyOf(one) === keyOf(drift))),
  ];
  const rows = all.map((drift) => [
    thenOf(drift, left.has(keyOf(drift)), tried),
    subjectOf(drift).replace(':', ' '),
    drift.kind,
    drift.detail,
  ]);
  const table = [['then', 'what', 'kind', 'found'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
  const meanings = kinds.map((kind) => `${kind}: ${DRIFT_KINDS[kind]}`);
  const count = `${all.length - left.size} mended, ${left.size} left`;
  return `${compared}\n${lines.join('\n')}\n\n${meanings.join('\n')}\n\n${count}\n`;
}

function thenOf(drift: Drift, isLeft: boolean, tried: ReadonlySet<string>): string {
  if (!isLeft) return 'mended';
  if (!drift.mend) return 'look';
  return tried.has(drift.id) ? 'look: mending did not help' : '--mend';
}

function keyOf(drift: Drift): string {
  return `${subjectOf(drift)} ${drift.kind}`;
}
