import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram } from '../../../gateway/ops/programs.ts';
import { tempDir } from '../../helpers/temp-dir.ts';

test('the first executable file of that name on the path', async (t) => {
  const dir = await tempDir(t);
  const [first, second] = [join(dir, 'a'), join(dir, 'b')];
  for (const folder of [first, second]) mkdirSync(folder);
  writeFileSync(join(first, 'tool'), '');
  writeFileSync(join(second, 'tool'), '');
  chmodSync(join(first, 'tool'), 0o644);
  chmodSync(join(second, 'tool'), 0o755);
  mkdirSync(join(first, 'folder'));
  assert.equal(findProgram('tool', `${first}:${second}`), join(second, 'tool'));
  assert.equal(findProgram('tool', `::${first}`), undefined);
  assert.equal(findProgram('folder', first), undefined);
  assert.equal(findProgram('tool', ''), undefined);
});
