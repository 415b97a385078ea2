// What the chart has a copy of, because Helm reads nothing outside of it: alerts and dashboards. And the golden file.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { root } from '../local/workspace.mjs';
import { chart, parse, template } from './rendered.mjs';

const observability = join(root, 'deployment', 'observability');
const FOLDERS = [
  { original: join(observability, 'prometheus', 'rules'), copy: join(chart, 'files', 'alerts'), ending: '.yml' },
  { original: join(observability, 'grafana', 'dashboards'), copy: join(chart, 'files', 'dashboards'), ending: '.json' },
];

/** Every file that is, or should be, in both places: { original, copy }. */
export function copiedFiles() {
  return FOLDERS.flatMap(({ original, copy, ending }) => {
    const names = new Set([...filesIn(original), ...filesIn(copy)].filter((name) => name.endsWith(ending)));
    return [...names].sort().map((name) => ({ original: join(original, name), copy: join(copy, name) }));
  });
}

export const goldenFile = join(root, 'deployment', 'kubernetes', 'test', 'golden', 'production.yaml');

/** All of production but what is copied: a change of the chart is to be seen as a change of what it makes, with any Helm. */
export async function goldenText() {
  const text = await template('production', 'monitoring.alerts=false', 'monitoring.dashboards=false');
  const documents = parse(text).map((document) => stringify(document, { lineWidth: 0, sortMapEntries: true }));
  return documents.sort().join('---\n');
}

function filesIn(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}
