import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LibraryList } from '../../shared/library-list.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { start } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { until } from '../helpers/until.ts';

const main = join(import.meta.dirname, '../../gateway/main.ts');

void test('a shutdown during a job is quick, leaves no program behind, and the next start goes on', async (t) => {
  const [home, bin] = [await tempDir(t), await tempDir(t)];
  // Stands in for an ffmpeg that has much to do.
  await writeFile(join(bin, 'ffmpeg'), `#!/bin/sh\necho $$ > ${bin}/pid\nexec sleep 600\n`);
  await chmod(join(bin, 'ffmpeg'), 0o755);

  const ams = async (command: string, path = process.env['PATH']) => {
    const flags = ['rtmp', 'http', 'webrtc'].flatMap((name) => [
      `--${name}_port=0`,
      `--${name}_bind=127.0.0.1`,
    ]);
    const env = { ...process.env, PATH: path };
    const args = [main, command, '--home', home, ...(command === 'start' ? flags : [])];
    await start(t, process.execPath, args, { env }).success();
  };
  t.after(() => start(t, process.execPath, [main, 'if_stop', '--home', home]).exit());
  const address = async () => {
    const text = await readFile(join(home, 'ams.run.json'), 'utf8');
    return `http://127.0.0.1:${(JSON.parse(text) as { ports: { http: number } }).ports.http}`;
  };

  await ams('start', `${bin}:${process.env['PATH']}`);
  const sample = await makeSample(t, await tempDir(t), { seconds: 1, audio: 'mp3' });
  const body = await readFile(sample);
  const answer = await fetch(`${await address()}/upload/lesson.flv`, { method: 'PUT', body });
  assert.equal(answer.status, 201, await answer.text());
  let pid = 0;
  await until(async () => {
    pid = Number(await readFile(join(bin, 'pid'), 'utf8').catch(() => '0'));
    return pid > 0;
  });
  await ams('stop');
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'ffmpeg is gone');
  const log = await readFile(join(home, 'ams.log'), 'utf8');
  assert.doesNotMatch(log, /could not end/);
  assert.doesNotMatch(log, /no MP4 could be made/, 'work that was given up has not failed');

  await ams('start');
  await until(async () => {
    const asked = await fetch(`${await address()}/control/files`, {
      headers: { accept: 'application/json' },
    });
    const { files } = (await asked.json()) as LibraryList;
    return files.some(({ name, state }) => name === 'lesson.mp4' && state === 'ready');
  });
  await ams('stop');
});
