import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { startChromium } from '../helpers/chromium.ts';
import { makeSample } from '../helpers/ffmpeg.ts';
import { startTestGateway } from '../helpers/gateway.ts';
import { run } from '../helpers/processes.ts';
import { tempDir } from '../helpers/temp-dir.ts';

/** What runs in the page: videos by name, and the picture that each one shows. */
const SCRIPT = `
  const videos = {};
  const once = (video, event) => new Promise((resolve, reject) => {
    video.addEventListener(event, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true });
  });
  function picture(video) {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  }
  async function open(name, url) {
    const video = document.createElement('video');
    video.muted = true;
    video.preload = 'auto';
    videos[name] = video;
    const there = once(video, 'canplay');
    video.src = url;
    await there;
    return video.duration;
  }
  async function seek(name, time) {
    const done = once(videos[name], 'seeked');
    videos[name].currentTime = time;
    await done;
  }
  /** Mean difference of two videos' pictures, of 255. */
  function difference(one, other) {
    const [a, b] = [picture(videos[one]), picture(videos[other])];
    let sum = 0;
    for (let at = 0; at < a.length; at++) sum += Math.abs(a[at] - b[at]);
    return sum / a.length;
  }
  async function playToEnd(name) {
    const ended = once(videos[name], 'ended');
    await videos[name].play();
    await ended;
    return videos[name].currentTime;
  }
`;

interface Clip {
  readonly file: string;
  /** In the middle between two key frames, s. */
  readonly start: number;
  readonly end: number;
}

const FRAME = 0.04;

async function check(t: TestContext, page: Page, { file, start, end }: Clip): Promise<void> {
  const call = <T>(text: string): Promise<T> => page.evaluate<T>(text);
  await call(`open('whole', '/${file}')`);
  const duration = await call<number>(`open('clip', '/${file}?start=${start}&end=${end}')`);
  assert.ok(Math.abs(duration - (end - start)) <= FRAME, `it plays ${duration} s`);

  /** How far the clip's picture is from the whole file's at a time. */
  const away = async (time: number): Promise<number> => {
    await call(`seek('whole', ${time + FRAME / 2})`);
    return call<number>(`difference('whole', 'clip')`);
  };
  const isAt = async (time: number): Promise<void> => {
    const there = await away(time);
    const [before, after] = [await away(time - FRAME), await away(time + FRAME)];
    t.diagnostic(`${file} at ${time} s: ${there}; a frame away: ${before}, ${after}`);
    assert.ok(there < 0.5, `at ${time} s the picture differs by ${there}`);
    assert.ok(there < before / 2 && there < after / 2, 'the frames beside are others');
  };
  await isAt(start);
  for (const to of [(end - start) * 0.75, (end - start) * 0.25]) {
    const frame = Math.floor(to / FRAME) * FRAME;
    await call(`seek('clip', ${frame + FRAME / 2})`);
    await isAt(start + frame);
  }
  await call(`seek('clip', ${duration - 0.5})`);
  const last = await call<number>(`playToEnd('clip')`);
  // Chromium shows what was decoded for the sake of frames before it, too.
  assert.ok(Math.abs(last - duration) <= 3 * FRAME, `it ends at ${last} of ${duration} s`);
}

test('a clip begins with the picture at its start, and is played and sought in', async (t) => {
  const server = await startTestGateway(t);
  const sample = await makeSample(t, await tempDir(t), {
    seconds: 8,
    video: 'bframes',
    gopSeconds: 2,
  });
  const target = join(server.folders.media, 'reordered.mp4');
  await run(t, 'ffmpeg', ['-v', 'error', '-i', sample, '-c', 'copy', '-f', 'mp4', target]);

  const browser = await startChromium(t, { autoplay: true });
  const page = await browser.newPage();
  await page.goto(`${server.http}/healthz`);
  await page.addScriptTag({ content: SCRIPT });
  await check(t, page, { file: '1.mp4', start: 20.52, end: 40 });
  await check(t, page, { file: 'reordered.mp4', start: 3.28, end: 6.4 });
});
