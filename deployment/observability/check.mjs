#!/usr/bin/env node
// Fails when an alert has no runbook in docs/operations.md, no severity, or no test. Whether the tests are green is for promtool (npm test).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const rules = read('deployment/observability/prometheus/rules/alerts.yml');
const tests = read('deployment/observability/prometheus/tests/alerts.yml');
const headings = [...read('docs/operations.md').matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);

const alerts = rules.split('- alert: ').slice(1);
const problems = alerts.flatMap((alert) => problemsOf(alert.split('\n')[0], alert));
if (problems.length === 0) {
  console.log(`${alerts.length} alerts, each with a runbook and a test`);
} else {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

function problemsOf(name, alert) {
  const has = {
    'a severity': /severity: (page|ticket)/.test(alert),
    'its runbook': alert.includes(`runbook_url: docs/operations.md#${name.toLowerCase()}\n`) && headings.includes(name),
    'a test in which it fires': new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`).test(tests),
    'a test in which it does not': new RegExp(`alertname: ${name}, exp_alerts: \\[\\]`).test(tests),
  };
  return Object.keys(has)
    .filter((what) => !has[what])
    .map((what) => `${name} lacks ${what}`);
}
