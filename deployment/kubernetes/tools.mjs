// What the check of the chart needs beside Node: Helm, and a validator that brings Kubernetes' schemas along (ADR 33).
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, run } from '../local/commands.mjs';
import { withLock } from '../local/lock.mjs';
import { Failure, step } from '../local/progress.mjs';
import { pythonProgram } from '../local/python-programs.mjs';
import { root } from '../local/workspace.mjs';

const HELM = 'v4.3.1';
const OLDEST_HELM = [3, 18];
const VALIDATOR = 'kubernetes-validate==1.37.0';
const tools = join(root, '.local', 'tools');

/** The path of Helm: the one on the PATH, or one that Go has built once. */
export async function helm() {
  const installed = findProgram('helm');
  if (installed && isRecent(await run(installed, ['version', '--template', '{{.Version}}']))) return installed;
  const folder = join(tools, `helm-${HELM}`);
  const built = join(folder, 'helm');
  if (!existsSync(built)) await withLock(`${folder}.lock`, () => existsSync(built) || buildHelm(folder));
  return built;
}

/** How to run validate.py: { command, args, env }. */
export function validator() {
  return pythonProgram({
    requirement: VALIDATOR,
    what: "Kubernetes' schemas and what checks against them",
    folder: join(tools, 'kubernetes-validate'),
    file: join(root, 'deployment', 'kubernetes', 'validate.py'),
  });
}

async function buildHelm(folder) {
  const go = findProgram('go', ['/usr/local/go/bin']);
  if (!go)
    throw new Failure(
      `Helm ${OLDEST_HELM.join('.')} or newer is not on the PATH, nor Go, which would build it: install one.`,
    );
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false' };
  await step(`building Helm ${HELM} with Go, once, which takes minutes`, () =>
    run(go, ['install', '-ldflags=-s -w', `helm.sh/helm/v4/cmd/helm@${HELM}`], { env, timeoutMs: 1_800_000 }),
  );
}

function isRecent(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST_HELM[0] || (major === OLDEST_HELM[0] && minor >= OLDEST_HELM[1]);
}
