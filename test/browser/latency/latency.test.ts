import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { startTestGateway, type TestGateway } from '../../helpers/gateway.ts';
import { openScope } from '../../helpers/scope.ts';
import { measure } from './measurement.ts';
import { makeNumberedMedia, type NumberedMedia } from './numbered-media.ts';
import { publishNumbered, type NumberedPublisher } from './numbered-publisher.ts';

/**
 * The promise, checked on whatever machine runs the tests: every transport shows nearly every frame
 * with its sound, within a second of its publishing (HLS within what its segments take). The
 * figures themselves come from `npm run latency`.
 */
const LIMITS = { webrtc: 1000, webcodecs: 1000, mse: 1000, 'http-flv': 1000, hls: 10_000 };
/** Share of frames: a busy test machine skips some, a transport that loses frames loses more. */
const MAX_LOST = 0.15;

describe('publish to display', { skip: chromiumPath() === undefined && 'no Chromium' }, () => {
  const scope = openScope();
  let gateway: TestGateway;
  let media: NumberedMedia;
  let publisher: NumberedPublisher;
  let browser: Browser;

  before(async () => {
    gateway = await startTestGateway(scope, { webrtc_port: 0, webrtc_bind: '127.0.0.1' });
    media = await makeNumberedMedia(scope, { seconds: 16 });
    publisher = await publishNumbered(scope, `${gateway.rtmp}/numbered`, media);
    browser = await startChromium(scope, { autoplay: true });
  });
  after(() => scope.close());

  for (const [transport, limit] of Object.entries(LIMITS)) {
    it(`over ${transport}`, async (t) => {
      const url = `${gateway.http}/player/numbered?transport=${transport}&report=off`;
      const result = await measure({
        ...{ browser, url, media, publisher },
        ...{ seconds: 10, settle: 3, sound: true },
      });
      const { p50, p95, worst, firstFrame, lost, frames, notes } = result;
      const shown = [p50, p95, worst, firstFrame, result.soundOffset ?? NaN].map(Math.round);
      t.diagnostic(
        `${transport}: p50 ${shown[0]}, p95 ${shown[1]}, worst ${shown[2]}, first frame ${shown[3]} ms, ` +
          `${lost} of ${frames + lost} lost, sound ${shown[4]} ms after the picture`,
      );
      assert.equal(notes.transport, transport);
      assert.equal(notes.state, 'playing');
      assert.ok(frames > 50, `only ${frames} frames were seen`);
      assert.ok(p95 < limit, `p95 is ${p95} ms`);
      assert.ok(lost <= (frames + lost) * MAX_LOST, `${lost} frames were lost`);
      assert.ok(notes.heard.length >= 3, `${notes.heard.length} beeps were heard`);
      assert.deepEqual(
        notes.errors.filter((text) => !/404/.test(text)),
        [],
      );
    });
  }
});
