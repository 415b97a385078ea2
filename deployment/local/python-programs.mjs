import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, run, succeeds } from './commands.mjs';
import { withLock } from './lock.mjs';
import { ensurePrograms } from './packages.mjs';
import { step } from './progress.mjs';

/**
 * How to run a program from PyPI: { command, args, env }. It is installed once, into a folder of its own.
 * A program is { requirement, options, what, folder, variables } and { script, entry: 'module:function' } or { file }, a file of
 * Python that starts it.
 */
export async function pythonProgram(program) {
  const { folder, script, entry, file } = program;
  if (!isInstalled(program)) await withLock(`${folder}.lock`, () => isInstalled(program) || install(program));
  const bin = join(folder, 'bin');
  const env = existsSync(bin) ? {} : { PYTHONPATH: join(folder, 'target') };
  const python = existsSync(bin) ? join(bin, 'python3') : findProgram('python3');
  if (file) return { command: python, args: [file], env };
  if (existsSync(bin)) return { command: join(bin, script), args: [], env };
  const [module, start] = entry.split(':');
  return { command: python, args: ['-c', `import sys; from ${module} import ${start}; sys.exit(${start}())`], env };
}

function isInstalled({ folder, requirement }) {
  const note = join(folder, 'installed');
  return existsSync(note) && readFileSync(note, 'utf8').trim() === requirement;
}

async function install(program) {
  const { requirement, what, folder } = program;
  await ensurePython(program, { title: 'Python', found: () => findProgram('python3'), apt: 'python3-venv' });
  await step(`installing ${requirement}, ${what}, with pip`, async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await installInto(program);
    writeFileSync(join(folder, 'installed'), `${requirement}\n`);
  });
}

async function installInto(program) {
  const { requirement, options = [], folder } = program;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...options, requirement];
  const timeoutMs = 600_000;
  if (succeeds('python3', ['-m', 'venv', folder], { timeout: 120_000 })) {
    await run(join(folder, 'bin', 'python3'), pip, { timeoutMs });
    return;
  }
  rmSync(join(folder, 'bin'), { recursive: true, force: true });
  const found = () => succeeds('python3', ['-m', 'pip', '--version']);
  await ensurePython(program, { title: "Python's pip", found, apt: 'python3-pip' });
  await run('python3', [...pip, '--target', join(folder, 'target')], { timeoutMs });
}

function ensurePython({ variables }, part) {
  return ensurePrograms([{ ...part, brew: 'python3', variables }]);
}
