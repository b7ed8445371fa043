import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { amsHome } from '../helpers/ams-home.ts';
import { startCallbackServer } from '../helpers/callback-server.ts';
import { makeSample, publishFile } from '../helpers/ffmpeg.ts';
import { run } from '../helpers/processes.ts';
import { rtmpdump } from '../helpers/rtmpdump.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const main = join(import.meta.dirname, '../../gateway/main.ts');

test('ams stop ends publisher and player, tells both ends once, and every line names its client', async (t) => {
  const [home, media, callbacks] = [
    await amsHome(t),
    await tempDir(t),
    await startCallbackServer(t),
  ];
  const ams = (command: string, ...flags: string[]) =>
    run(t, process.execPath, [main, command, '--home', home, ...flags]);
  const switches = ['publish_s', 'publish_e', 'live_s', 'live_e'];
  await ams(
    'start',
    ...['rtmp', 'http', 'webrtc'].flatMap((name) => [
      `--${name}_port=0`,
      `--${name}_bind=127.0.0.1`,
    ]),
    `--rtmp_notify=${callbacks.url}`,
    '--enable_rtmp_record_manual=1',
    ...switches.map((name) => `--enable_rtmp_${name}_notify=1`),
  );
  const { ports } = JSON.parse(readFileSync(join(home, 'ams.run.json'), 'utf8')) as {
    ports: { rtmp: number };
  };
  const address = `rtmp://127.0.0.1:${ports.rtmp}/live/lesson?token=open-sesame`;

  const sample = await makeSample(t, media, { seconds: 20 });
  const publisher = publishFile(t, sample, address, { pace: 1 });
  const player = rtmpdump(t, address, join(media, 'received.flv'));
  const called = (call: string) => callbacks.received.filter(({ form }) => form.call === call);
  await callbacks.waitFor(({ form }) => form.call === 'publish');
  await callbacks.waitFor(({ form }) => form.call === 'play');
  await player.match(/ kB \/ /);

  await ams('stop');
  await Promise.all([publisher.exit(), player.exit()]);
  for (const call of ['publish_done', 'play_done']) {
    const [done, ...more] = called(call);
    const [begun] = called(call.replace('_done', ''));
    assert.equal(done?.form.clientid, begun?.form.clientid, call);
    assert.ok(Number(done?.form.totlebyte) > 0, call);
    assert.deepEqual(more, [], `${call} once`);
    assert.equal(done?.form.token, 'open-sesame', 'callbacks get arguments whole');
  }

  const lines = readFileSync(join(home, 'ams.log'), 'utf8').trimEnd().split('\n');
  for (const call of ['publish', 'play']) {
    const id = called(call)[0]?.form.clientid;
    const about = lines.filter((line) => line.includes(`[${id}] ${call} `));
    assert.match(about.at(0) ?? '', /started .*"token":"\*\*\*"/);
    assert.match(about.at(-1) ?? '', /ended: .*reason=shutdown/);
  }
  assert.doesNotMatch(lines.join('\n'), /open-sesame/);
  assert.match(lines.at(-1) ?? '', /info {2}ended$/);
});
