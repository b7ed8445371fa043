import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FfmpegChild } from '../../../../gateway/servers/webrtc/ffmpeg-child.ts';
import { until } from '../../../helpers/until.ts';

/** Runs a script of Node's in place of ffmpeg. */
const start = (t: TestContext, script: string, program = process.execPath) => {
  const seen = { starts: 0, output: '', deaths: [] as string[] };
  const child = new FfmpegChild(program, ['-e', script], {
    onStart: () => {
      seen.starts++;
    },
    onOutput: (chunk) => {
      seen.output += chunk.toString();
    },
    onDied: (words) => seen.deaths.push(words),
  });
  t.after(() => child.stop());
  return { child, seen };
};

test('what goes in comes out as the program made it', async (t) => {
  const { child, seen } = start(t, 'process.stdin.pipe(process.stdout)');
  child.write(Buffer.from('media'));
  await until(() => seen.output === 'media');
  assert.equal(child.running, true);
  assert.equal(child.queued, 0);
  child.stop();
  assert.equal(child.running, false);
  child.write(Buffer.from('more'));
  assert.deepEqual([seen.starts, seen.deaths], [1, []]);
});

test('a program that dies is told with its words, and started again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { child, seen } = start(t, 'console.error("no such codec"); process.exit(1)');
  const dies = async (count: number): Promise<void> => {
    while (seen.deaths.length < count) await new Promise(setImmediate);
  };
  await dies(1);
  assert.deepEqual(seen.deaths, ['no such codec']);
  assert.equal(child.running, false);
  t.mock.timers.tick(499);
  assert.equal(seen.starts, 1);
  t.mock.timers.tick(1);
  assert.equal(seen.starts, 2);
  await dies(2);
  // Each time it is waited twice as long.
  t.mock.timers.tick(999);
  assert.equal(seen.starts, 2);
  child.stop();
  t.mock.timers.tick(60_000);
  assert.equal(seen.starts, 2);
});

test('a program that is not there is a death like others', async (t) => {
  const { seen } = start(t, '', '/nonexistent/ffmpeg');
  await until(() => seen.deaths.length === 1);
  assert.match(seen.deaths[0]!, /ENOENT/);
});
