import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { test } from 'node:test';
import { root } from '../../local/workspace.mjs';
import { copiedFiles, goldenFile, goldenText } from '../copies.mjs';

const HINT = 'npm run check:k8s -- --update takes it over';

test('when an alert or a dashboard has changed, then the chart has it too', () => {
  for (const { original, copy } of copiedFiles()) {
    assert.ok(existsSync(original) && existsSync(copy), `${relative(root, original)} or its copy is missing; ${HINT}`);
    assert.equal(
      readFileSync(copy, 'utf8'),
      readFileSync(original, 'utf8'),
      `${relative(root, copy)} differs; ${HINT}`,
    );
  }
});

test('when the chart has changed, then what it makes for production is as it was looked at', async () => {
  const [expected, actual] = [readFileSync(goldenFile, 'utf8'), await goldenText()].map((text) => text.split('\n'));
  const first = actual.findIndex((line, index) => line !== expected[index]);
  assert.ok(
    first === -1 && actual.length === expected.length,
    `line ${first + 1} is now\n${actual[first]}\nand was\n${expected[first]}\nRead the difference, then: ${HINT}`,
  );
});
