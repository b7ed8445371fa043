import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from '../../../gateway/config/docs.ts';
import { configKeys } from '../../../gateway/config/schema.ts';

const path = new URL('../../../docs/configuration.md', import.meta.url);

test('docs/configuration.md is what the schema says (else run tools/docs.mjs)', async () => {
  const options = await resolveConfig(path);
  const page = await format(configurationPage(), { ...options, parser: 'markdown' });
  assert.equal(readFileSync(path, 'utf8'), page);
});

test('the page has one row for each key, with both languages filled in', () => {
  const rows = configurationPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(' | '));
  assert.deepEqual(
    rows.map((row) => row[0]),
    configKeys.map((key) => `| \`${key}\``),
  );
  for (const row of rows) {
    assert.match(row[3] ?? '', /[a-z]/, `English for ${row[0]}`);
    assert.match(row[4] ?? '', /\p{Script=Han}/u, `Chinese for ${row[0]}`);
  }
});
