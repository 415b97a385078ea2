// Fails when a Markdown file links to a file, or a heading of a file, that does not exist. Web addresses are not called.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.md'];
const files = [...new Set(execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0'))].filter(
  (file) => file && existsSync(join(root, file)),
);

const problems = files.flatMap((file) => linksOf(file).map((link) => problemOf(file, link))).filter(Boolean);
if (problems.length > 0) {
  console.error(`Links that lead nowhere:\n  ${problems.join('\n  ')}`);
  process.exitCode = 1;
} else {
  console.log(`${files.length} Markdown files, every link leads somewhere`);
}

function linksOf(file) {
  const text = readFileSync(join(root, file), 'utf8').replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]).filter((link) => !/^[a-z]+:/i.test(link));
}

function problemOf(file, link) {
  const [path, anchor] = link.split('#');
  const target = path ? resolve(root, dirname(file), path) : join(root, file);
  if (relative(root, target).startsWith('..') || !existsSync(target)) return `${file}: ${link}`;
  if (!anchor || statSync(target).isDirectory() || !target.endsWith('.md')) return undefined;
  return headingsOf(target).includes(anchor) ? undefined : `${file}: ${link} (no such heading)`;
}

// As GitHub makes anchors of headings.
function headingsOf(file) {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
