import assert from 'node:assert/strict';
import { open, readdir, readFile, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { suite, test } from 'node:test';
import { deleteOldRecordings } from '../../../../gateway/library/keep-days.ts';
import { FlvFile } from '../../../../gateway/library/recording/flv-file.ts';
import { Recording } from '../../../../gateway/library/recording/recording.ts';
import {
  isRecordingName,
  recordingName,
} from '../../../../gateway/library/recording/recording-name.ts';
import { FlvDemuxer } from '../../../../shared/flv/demuxer.ts';
import { aac, avc, avcConfig, AVC_OTHER_CONFIG } from '../../../helpers/crafted-media.ts';
import { tempDir } from '../../../helpers/temp-dir.ts';

const noon = new Date(2026, 0, 2, 12, 3, 4).getTime();

suite('names of recordings', () => {
  test('local time, to the second', () => {
    assert.equal(recordingName('课', noon), '课_20260102120304');
  });
  test('what is one, and what is not', () => {
    for (const name of ['a_20260102120304.flv', 'a_b_20260102120304.mp4']) {
      assert.ok(isRecordingName(name), name);
    }
    for (const name of ['a.mp4', 'a_2026.mp4', '20260102120304.mp4', 'a_20260102120304.txt']) {
      assert.ok(!isRecordingName(name), name);
    }
  });
});

suite('the FLV file', () => {
  test('times begin at the first frame; what is pushed is there after flush', async (t) => {
    const folder = await tempDir(t);
    const file = await FlvFile.create(folder, 'a', noon);
    for (const packet of [avcConfig(5000), avc(5000, 'key'), aac(5010), avc(5040)])
      file.push(packet);
    await file.flush();
    const tags = new FlvDemuxer().push(await readFile(file.path));
    assert.deepEqual(
      tags.map(({ type, timestamp }) => [type, timestamp]),
      [
        ['video', 0],
        ['video', 0],
        ['audio', 10],
        ['video', 40],
      ],
    );
    assert.equal((await readFile(file.path)).length, file.bytes);
    await file.close();
  });

  test('never over another: the next second is taken', async (t) => {
    const folder = await tempDir(t);
    await writeFile(join(folder, 'a_20260102120304.mp4'), '');
    const files = [
      await FlvFile.create(folder, 'a', noon),
      await FlvFile.create(folder, 'a', noon),
    ];
    assert.deepEqual(
      files.map(({ path }) => basename(path)),
      ['a_20260102120305.flv', 'a_20260102120306.flv'],
    );
    for (const file of files) await file.close();
  });

  test('a disk without room for its header keeps no empty file', async (t) => {
    const folder = await tempDir(t);
    const any = await FlvFile.create(folder, 'any', noon);
    await any.close();
    const handle = await open(any.path);
    const handles = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    t.mock.method(handles, 'write', () => Promise.reject(full));
    await assert.rejects(FlvFile.create(folder, 'a', noon), full);
    assert.deepEqual(await readdir(folder), [basename(any.path)]);
  });
});

suite('a recording', () => {
  test('pictures from a key frame on; what comes while the file is made is not lost', async (t) => {
    const folder = await tempDir(t);
    const recording = new Recording(() => FlvFile.create(folder, 'a', noon));
    for (const packet of [avcConfig(), avc(0), avc(40, 'key'), avc(80)]) {
      assert.ok(recording.continuesWith(packet));
      recording.push(packet);
    }
    const { path = '', hasMedia, failure } = await recording.end();
    assert.ok(hasMedia);
    assert.equal(failure, undefined);
    const tags = new FlvDemuxer().push(await readFile(path));
    assert.deepEqual(
      tags.map(({ timestamp }) => timestamp),
      [0, 0, 40],
    );
    recording.push(avc(120));
    assert.deepEqual(await recording.end(), await recording.ended, 'ending twice is once');
  });

  test('another picture does not go on in the same file, unless nothing has begun', async (t) => {
    const folder = await tempDir(t);
    const recording = new Recording(() => FlvFile.create(folder, 'a', noon));
    assert.ok(recording.continuesWith(avcConfig()));
    assert.ok(recording.continuesWith(avcConfig(0, AVC_OTHER_CONFIG)));
    recording.push(avc(0, 'key'));
    assert.ok(recording.continuesWith(avcConfig(0, AVC_OTHER_CONFIG)), 'a repetition');
    assert.ok(!recording.continuesWith(avcConfig()));
    await recording.end();
  });

  test('a disk that refuses ends it, with what it refused', async (t) => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const none = await new Recording(() => Promise.reject(full)).ended;
    assert.equal(none.path, undefined);
    assert.equal(none.failure?.error, 3);

    const folder = await tempDir(t);
    const recording = new Recording(async () => {
      const file = await FlvFile.create(folder, 'a', noon);
      file.flush = () => Promise.reject(full);
      return file;
    });
    await recording.path;
    recording.push(avc(0, 'key'));
    await recording.flush();
    const { path, failure } = await recording.ended;
    assert.ok(recording.isEnded);
    assert.equal(basename(path ?? ''), 'a_20260102120304.flv');
    assert.deepEqual(failure, { error: 3, message: full.message });
  });
});

test('recordings older than record_keep_days go, and nothing else', async (t) => {
  const folder = await tempDir(t);
  const day = 86_400_000;
  const now = 100 * day;
  for (const [name, days] of [
    ['old_20260102120304.mp4', 8],
    ['old_20260102120304.jpg', 8],
    ['new_20260102120304.mp4', 6],
    ['busy_20260102120304.flv', 8],
    ['1.mp4', 90],
  ] as const) {
    await writeFile(join(folder, name), '');
    await utimes(join(folder, name), new Date(now - days * day), new Date(now - days * day));
  }
  const inUse = (path: string): boolean => path.includes('busy');
  const deleted = await deleteOldRecordings(folder, 7, inUse, now);
  assert.equal(deleted.length, 2);
  assert.deepEqual((await readdir(folder)).sort(), [
    '1.mp4',
    'busy_20260102120304.flv',
    'new_20260102120304.mp4',
  ]);
});
