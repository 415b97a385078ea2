// Fails when the table in operations.md is not what when-something-is-away.json says, which a proof (P20) compares with
// what the shop answers. With --write, writes the table.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const file = join(import.meta.dirname, 'operations.md');
const [BEGIN, END] = ['<!-- answers: npm run check:docs -->', '<!-- end of answers -->'];
const { columns, answers } = JSON.parse(readFileSync(join(import.meta.dirname, 'when-something-is-away.json'), 'utf8'));

const text = readFileSync(file, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`operations.md has no place for the table between ${BEGIN} and ${END}`);
const options = { ...(await resolveConfig(file)), parser: 'markdown' };
const wanted = await format(`${before}${BEGIN}\n\n${table()}\n\n${END}${after}`, options);

if (process.argv.includes('--write')) writeFileSync(file, wanted);
else if (wanted !== text) {
  console.error(
    'The table in docs/operations.md is not that of docs/when-something-is-away.json: node docs/check-answers.mjs --write',
  );
  process.exitCode = 1;
}

function table() {
  const rows = [['', ...columns], columns.map(() => '---'), ...Object.entries(answers).map(rowOf)];
  rows[1].unshift('---');
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function rowOf([route, each]) {
  return [`\`${route}\``, ...each.map((answer) => (answer === 'as usual' ? '·' : answer))];
}
