import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { MediaPacket } from '../../shared/media.ts';
import { startChromium } from '../helpers/chromium.ts';
import { AAC, X264, encode, type EncodeOptions } from '../helpers/encoded-media.ts';
import { makeSample, publishFile, type SampleOptions } from '../helpers/ffmpeg.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** What the page notes while it plays. */
interface Played {
  readonly time: number;
  readonly frames: number;
  readonly errors: readonly string[];
  readonly discontinuities: number;
}

const PAGE = `<!doctype html><video id="video" muted autoplay playsinline></video>
<script src="/hls.js"></script>
<script>
  const errors = [];
  const discontinuities = new Set();
  function play(url) {
    const hls = new Hls({ enableWorker: false, liveSyncDurationCount: 1 });
    hls.on(Hls.Events.ERROR, (_, { fatal, details, type }) => {
      // A busy machine lets the buffer run dry; that is no fault of the media.
      if (fatal || (type === 'mediaError' && details !== 'bufferStalledError')) errors.push(details);
    });
    hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => discontinuities.add(frag.cc));
    hls.loadSource(url);
    hls.attachMedia(video);
  }
  function played() {
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    return { time: video.currentTime, frames, errors, discontinuities: discontinuities.size };
  }
</script>`;

/** A page with hls.js, of another origin than the gateway. */
async function openPage(t: TestContext): Promise<Page> {
  const script = await readFile(fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js')));
  const server = createServer(({ url }, response) => {
    response.setHeader('content-type', url === '/hls.js' ? 'text/javascript' : 'text/html');
    response.end(url === '/hls.js' ? script : PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const browser = await startChromium(t, { autoplay: true });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return page;
}

const played = (page: Page): Promise<Played> => page.evaluate<Played>('played()');
const until = (page: Page, condition: string) =>
  page.waitForFunction(condition, undefined, { timeout: 30_000 });

const STREAMS: readonly (SampleOptions & { name: string })[] = [
  { name: 'B-frames and AAC', video: 'bframes', audio: 'aac' },
  { name: 'a picture alone', video: 'h264', audio: 'none' },
  { name: 'sound alone', video: 'none', audio: 'aac' },
];

for (const { name, ...options } of STREAMS) {
  void test(`hls.js in Chromium plays ${name}`, async (t) => {
    const server = await startTestGateway(t, { hls_fragment: 1 });
    const sample = await makeSample(t, await tempDir(t), options);
    publishFile(t, sample, `${server.rtmp}/lesson`, { pace: 1, loop: -1 });
    await server.streamIs('lesson', 'live');
    const page = await openPage(t);
    await page.evaluate(`play('${server.http}/lesson/index.m3u8')`);
    await until(page, 'played().time > 3 || errors.length > 0');
    const { errors, frames } = await played(page);
    assert.deepEqual(errors, []);
    if (options.video !== 'none') assert.ok(frames > 40, `${frames} frames`);
  });
}

const MP4_STREAMS: readonly (EncodeOptions & { name: string })[] = [
  { name: 'H.264 and Opus', video: X264, audio: ['-c:a', 'libopus'] },
  { name: 'AV1 and AAC', video: ['-c:v', 'libsvtav1', '-preset', '12', '-g', '25'], audio: AAC },
];

for (const { name, ...options } of MP4_STREAMS) {
  void test(`hls.js in Chromium plays ${name} (in MP4)`, async (t) => {
    const server = await startTestGateway(t, { hls_fragment: 1, hls_playlist_length: 60 });
    const { packets } = await encode(t, { seconds: 6, sampleRate: 48_000, ...options });
    const publication = server.gateway.hub.publish('lesson', { replaced() {} });
    assert.ok(publication);
    const origin = Math.min(...packets.map(({ dts }) => dts));
    const send = (sent: readonly MediaPacket[]): void => {
      for (const packet of sent) {
        publication.push({ ...packet, dts: packet.dts - origin, pts: packet.pts - origin });
      }
    };
    send(packets.slice(0, 10));
    const page = await openPage(t);
    await page.evaluate(`play('${server.http}/lesson/index.m3u8')`);
    await server.players(1);
    setImmediate(() => {
      send(packets.slice(10));
      publication.end(true);
    });
    await until(page, 'played().time > 3 || errors.length > 0');
    const { errors, frames } = await played(page);
    assert.deepEqual(errors, []);
    assert.ok(frames > 40, `${frames} frames`);
  });
}

void test('hls.js in Chromium plays on when the publisher is lost and comes back with another format', async (t) => {
  const server = await startTestGateway(t, { hls_fragment: 1 });
  const dir = await tempDir(t);
  const [first, second] = [
    await makeSample(t, dir, { video: 'h264' }),
    await makeSample(t, dir, { video: 'bframes' }),
  ];
  const publisher = publishFile(t, first, `${server.rtmp}/lesson`, { pace: 1, loop: -1 });
  await server.streamIs('lesson', 'live');
  const page = await openPage(t);
  await page.evaluate(`play('${server.http}/lesson/index.m3u8')`);
  await until(page, 'played().time > 2 || errors.length > 0');
  await publisher.stop('SIGKILL');
  await server.streamIs('lesson', 'interrupted');
  publishFile(t, second, `${server.rtmp}/lesson`, { pace: 1, loop: -1 });
  await until(page, 'played().discontinuities > 1 || errors.length > 0');
  const { time, errors } = await played(page);
  await until(page, `played().time > ${time + 3} || errors.length > 0`);
  assert.deepEqual(errors, []);
});
