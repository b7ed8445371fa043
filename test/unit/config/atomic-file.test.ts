import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { replaceFiles } from '../../../gateway/config/atomic-file.ts';

describe('replaceFiles', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ams-atomic-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('writes new files and replaces old ones', async () => {
    writeFileSync(join(dir, 'a'), 'old');
    await replaceFiles([
      { path: join(dir, 'a'), content: 'new' },
      { path: join(dir, 'b'), content: 'first' },
    ]);
    assert.equal(readFileSync(join(dir, 'a'), 'utf8'), 'new');
    assert.equal(readFileSync(join(dir, 'b'), 'utf8'), 'first');
    assert.deepEqual(readdirSync(dir), ['a', 'b']);
  });

  test('what a crash left behind is no obstacle', async () => {
    writeFileSync(join(dir, 'a.new'), 'half of something longer than what comes');
    await replaceFiles([{ path: join(dir, 'a'), content: 'whole' }]);
    assert.equal(readFileSync(join(dir, 'a'), 'utf8'), 'whole');
  });

  test('when the last cannot be written, none is replaced', async () => {
    writeFileSync(join(dir, 'a'), 'old');
    mkdirSync(join(dir, 'b.new'));
    const files = ['a', 'b'].map((name) => ({ path: join(dir, name), content: 'new' }));
    await assert.rejects(replaceFiles(files), { code: 'EISDIR' });
    assert.equal(readFileSync(join(dir, 'a'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(dir), ['a', 'b.new']);
  });
});
