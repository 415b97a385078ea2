// The chart as a cluster would be told it: one list of documents per environment.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { run } from '../local/commands.mjs';
import { root } from '../local/workspace.mjs';
import { helm } from './tools.mjs';

export const ENVIRONMENTS = ['local', 'staging', 'production'];
export const chart = join(root, 'deployment', 'kubernetes', 'shop');
const folder = join(root, '.local', 'kubernetes');

/** Renders the chart for an environment into a file, and answers its path. */
export async function render(environment) {
  const text = await template(environment);
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(environment), text);
  return fileOf(environment);
}

/** What the chart makes of an environment's values and of what is set beside them. */
export async function template(environment, ...settings) {
  const program = await helm();
  const set = settings.flatMap((setting) => ['--set', setting]);
  const values = join(chart, `values-${environment}.yaml`);
  return run(program, ['template', 'shop', chart, '--namespace', 'shop', '--values', values, ...set]);
}

/** The documents that `npm run check:k8s` has rendered. */
export function documentsOf(environment) {
  return parse(readFileSync(fileOf(environment), 'utf8'));
}

export function parse(text) {
  const documents = parseAllDocuments(text);
  const errors = documents.flatMap((document) => document.errors);
  if (errors.length > 0) throw errors[0];
  return documents.map((document) => document.toJS()).filter(Boolean);
}

/** Whatever runs: { name, kind, pod } with its pod's template. */
export function workloadsOf(documents) {
  const podOf = {
    Deployment: ({ spec }) => spec.template,
    Job: ({ spec }) => spec.template,
    CronJob: ({ spec }) => spec.jobTemplate.spec.template,
  };
  return documents
    .filter(({ kind }) => podOf[kind])
    .map((document) => ({ name: document.metadata.name, kind: document.kind, pod: podOf[document.kind](document) }));
}

export function ofKind(documents, kind) {
  return documents.filter((document) => document.kind === kind);
}

function fileOf(environment) {
  return join(folder, `${environment}.yaml`);
}
