import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from '../../../gateway/config/docs.ts';
import { configKeys } from '../../../gateway/config/schema.ts';

const path = new URL('../../../docs/configuration.md', import.meta.url);

test('docs/configuration.md is what the schema says', async () => {
  const options = await resolveConfig(path);
  const page = await format(configurationPage(), { ...options, parser: 'markdown' });
  const committed = readFileSync(path, 'utf8').split('\n');
  const stale = page.split('\n').find((line, index) => line !== committed[index]);
  assert.equal(stale, undefined, `run node_modules/.bin/node tools/docs.mjs: ${stale}`);
  assert.equal(committed.length, page.split('\n').length);
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
