import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FlvFile } from '../../../../gateway/library/recording/flv-file.ts';
import { videoBody } from '../../../../gateway/protocols/flv/tag-body.ts';
import { avc, avcConfig } from '../../../helpers/crafted-media.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const REMUX = fileURLToPath(
  new URL('../../../../gateway/library/jobs/remux-main.ts', import.meta.url),
);
const remux = (...args: string[]) => promisify(execFile)(process.execPath, [REMUX, ...args]);

test('what keeps a recording from becoming an MP4 is told in a sentence', async (t) => {
  const folder = await tempDir(t);
  const file = await FlvFile.create(folder, 'lesson', 0);
  for (const packet of [avcConfig(), avc(0, 'key'), avc(40)]) {
    const body = videoBody({ ...packet, compositionTime: 0 });
    file.push({ ...packet, body });
  }
  await file.close();

  await remux(file.path, join(folder, 'lesson.mp4'));
  assert.ok(existsSync(join(folder, 'lesson.mp4')));
  await assert.rejects(remux(join(folder, 'none.flv'), join(folder, 'none.mp4')), {
    code: 1,
    stderr: /^ENOENT: no such file or directory, open '.*none\.flv'\n$/,
  });
  await assert.rejects(remux(file.path, '/dev/full'), {
    code: 1,
    stderr: 'ENOSPC: no space left on device, write\n',
  });
});
