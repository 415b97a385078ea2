import { APPS } from '../local/apps.mjs';

const SHORT = {
  'api-gateway': 'gateway',
  'users-service': 'users',
  'products-service': 'products',
  'orders-service': 'orders',
};
const STORES = ['postgres', 'redis', 'rabbitmq', 'mongodb'];

/** The figures as tables for people. */
export function printReport({ machine, scenarios, references, atRest, memory, goals }) {
  const { processor, cores, memoryGb, system, node } = machine;
  console.log(`\n${processor}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}`);
  console.log(
    '\nCPU in ms per request beyond what the process uses at rest; latency in ms at the client; others: cores that other\nprograms of this machine took meanwhile (above 0.2 the figures are worth little)\n',
  );
  printTable(
    ['', 'requests', 'req/s', 'p50', 'p99', ...APPS.map((app) => SHORT[app]), 'apps', ...STORES, 'stores', 'others'],
    Object.values(scenarios).map(rowOf),
  );
  console.log('\nReferences: bare servers in the same run\n');
  printTable(['', 'requests', 'req/s', 'p50', 'p99', 'CPU', 'others'], Object.values(references).map(referenceRowOf));
  console.log('\nAt rest\n');
  printTable(
    ['', ...APPS.map((app) => SHORT[app]), ...STORES],
    [
      ['CPU, ms per second', ...[...APPS, ...STORES].map((name) => atRest[name].toFixed(1))],
      ['memory before load, MB', ...APPS.map((app) => memory.idleMb[app].toFixed(0))],
      ['memory after load, MB', ...APPS.map((app) => memory.afterMb[app].toFixed(0))],
    ],
  );
  console.log('\nGoals (CPU: the four apps together, the stores not counted)\n');
  printTable(
    ['', 'came to', 'goal', ''],
    goals.map(({ what, value, unit, goal, met }) => [what, value.toFixed(2), goal, `${unit} ${met ? '✓' : '✗'}`]),
  );
}

/** What watching costs: medians of all rounds, and the median of how much more each round was than the same one unwatched. */
export function printObservability({ machine: { processor, cores, node }, figures }) {
  console.log(
    `\n${processor}, ${cores} cores, Node ${node}: CPU in ms per request, gateway and products-service together`,
  );
  for (const { title, compared } of Object.values(figures)) {
    for (const comparison of compared) printComparison(title, comparison);
  }
}

function printComparison(title, { count, usedMs }) {
  const [[, first]] = Object.entries(usedMs);
  console.log(`\n${title}: ${first.length} rounds of ${count} requests each\n`);
  printTable(
    ['', 'median', 'more', 'from', 'to'],
    Object.entries(usedMs).map(([how, values]) => [
      how,
      medianOf(values).toFixed(3),
      `${(medianOf(values.map((value, round) => value / first[round] - 1)) * 100).toFixed(1)} %`,
      Math.min(...values).toFixed(3),
      Math.max(...values).toFixed(3),
    ]),
  );
}

function medianOf(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

function rowOf({ title, count, refused, late, perSecond, p50Ms, p99Ms, cpuMs, appsMs, storesMs, othersCores }) {
  const notes = [refused && `${refused} shed`, late && `${late} × 202`].filter(Boolean);
  const shown = notes.length > 0 ? `${title} (${notes.join(', ')})` : title;
  const parts = [...APPS.map((app) => cpuMs[app]), appsMs, ...STORES.map((store) => cpuMs[store]), storesMs];
  return [
    shown,
    count,
    perSecond.toFixed(rounding(perSecond)),
    p50Ms.toFixed(1),
    p99Ms.toFixed(1),
    ...parts.map(ms),
    othersCores.toFixed(1),
  ];
}

function referenceRowOf({ title, count, perSecond, p50Ms, p99Ms, cpuMs, othersCores }) {
  const parts = Object.entries(cpuMs).map(([name, value]) => `${name} ${ms(value)}`);
  const latency = [p50Ms, p99Ms].map((value) => value?.toFixed(1) ?? '');
  return [
    title,
    count,
    perSecond.toFixed(rounding(perSecond)),
    ...latency,
    parts.join(' + '),
    othersCores?.toFixed(1) ?? '',
  ];
}

function ms(value) {
  return value.toFixed(value < 10 ? 2 : 1);
}

function rounding(perSecond) {
  return perSecond < 100 ? 2 : 0;
}

function printTable(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_title, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  ');
  for (const row of all) console.log(`  ${line(row)}`);
}
