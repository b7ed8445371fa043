import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { AAC, X264 } from '../../helpers/encoded-media.ts';
import { openScope } from '../../helpers/scope.ts';
import { publishNumbered, type NumberedPublisher } from '../latency/numbered-publisher.ts';
import type { NumberedMedia } from '../latency/numbered-media.ts';
import {
  openPage,
  pictureMoves,
  playerIs,
  playerSays,
  startPlayerFixture,
  until,
  type PlayerFixture,
} from './player-fixture.ts';
import { encodeProgramme } from './programme.ts';

const noBrowser = chromiumPath() === undefined && 'no Chromium';

const VP9 = [
  ...['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  ...['-g', '25', '-pix_fmt', 'yuv420p', '-threads', '1'],
];

const AV1 = ['-c:v', 'libsvtav1', '-preset', '12', '-g', '25', '-svtav1-params', 'lp=1'];

/** What a teacher's encoder may change in the middle of a lesson. */
describe('the player when the stream changes', { skip: noBrowser }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let browser: Browser;
  let silent: NumberedMedia;
  let small: NumberedMedia;
  let sound: NumberedMedia;
  let names = 0;

  before(async () => {
    fixture = await startPlayerFixture(scope);
    silent = await encodeProgramme(scope, { video: X264 });
    small = await encodeProgramme(scope, { video: X264, audio: AAC, size: '160x90' });
    sound = await encodeProgramme(scope, { audio: AAC });
    browser = await startChromium(scope, { autoplay: true });
  });
  after(() => scope.close());

  /** A player that plays a stream of its own. */
  async function watch(media: NumberedMedia, transport: string) {
    const name = `changing${++names}`;
    const publisher: NumberedPublisher = await publishNumbered(
      scope,
      `${fixture.gateway.rtmp}/${name}`,
      media,
    );
    const url = `${fixture.gateway.http}/player/${name}?transport=${transport}`;
    const { page, errors } = await openPage(browser, url);
    await playerIs(page, 'playing');
    const width = (pixels: number) =>
      until(
        page,
        `(({ surface: { width, videoWidth } }) => (videoWidth ?? width) === ${pixels})(document.querySelector('ams-player'))`,
      );
    const end = async () => {
      await publisher.stop();
      await page.context().close();
    };
    return { publisher, page, errors, width, end };
  }

  for (const transport of ['webrtc', 'webcodecs', 'mse']) {
    it(`goes on with another size of the picture, over ${transport}`, async () => {
      const { publisher, page, width, end } = await watch(fixture.media, transport);
      await width(640);
      publisher.change(small);
      await width(160);
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await end();
    });

    it(`goes on when the sound ends, over ${transport}`, async () => {
      const { publisher, page, width, end } = await watch(small, transport);
      await width(160);
      publisher.change(silent);
      await width(320);
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await end();
    });

    it(`plays sound that begins later than the picture, over ${transport}`, async () => {
      const { publisher, page, width, end } = await watch(silent, transport);
      publisher.change(small);
      await width(160);
      await until(
        page,
        `document.querySelector('ams-player').statistics?.audioCodec !== undefined`,
      );
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await end();
    });

    it(`plays sound without a picture, over ${transport}`, async () => {
      const { page, end } = await watch(sound, transport);
      assert.equal(await playerSays(page, 'currentTransport'), transport);
      await end();
    });
  }

  for (const [transport, encoder] of [
    ['webcodecs', VP9],
    ['mse', AV1],
  ] as const) {
    it(`goes on with another codec, over ${transport}`, async () => {
      const other = await encodeProgramme(scope, { video: encoder, audio: AAC, size: '160x90' });
      const { publisher, page, width, end } = await watch(fixture.media, transport);
      publisher.change(other);
      await width(160);
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await end();
    });
  }
});
