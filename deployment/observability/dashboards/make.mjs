#!/usr/bin/env node
// Makes grafana/dashboards/*.json of the descriptions beside this file; with --check it only says whether they are up to date.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DashboardBuilder, DashboardCursorSync, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { orders } from './orders.mjs';
import { overview } from './overview.mjs';
import { runtime } from './runtime.mjs';
import { security } from './security.mjs';
import { stores } from './stores.mjs';

const folder = join(import.meta.dirname, '..', 'grafana', 'dashboards');
const wanted = Object.fromEntries(
  [overview, orders, security, stores, runtime].map((each) => [`${each.uid}.json`, textOf(each)]),
);

if (process.argv.includes('--check')) check();
else write();

function write() {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(wanted)) writeFileSync(join(folder, file), text);
}

function check() {
  const isStale = (file) =>
    !existsSync(join(folder, file)) || readFileSync(join(folder, file), 'utf8') !== wanted[file];
  const stale = [...Object.keys(wanted).filter(isStale), ...readdirSync(folder).filter((file) => !(file in wanted))];
  if (stale.length === 0) return console.log(`${Object.keys(wanted).length} dashboards are as described`);
  console.error(`Not as described: ${stale.join(', ')}. npm run dashboards makes them.`);
  process.exitCode = 1;
}

function textOf({ uid, title, means, rows }) {
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(means)
    .tags(['shop'])
    .refresh('30s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair);
  for (const [row, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(row));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return `${JSON.stringify(dashboard.build(), null, 2)}\n`;
}
