import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { openScope } from '../../helpers/scope.ts';
import { publishNumbered } from '../latency/numbered-publisher.ts';
import { makeNumberedMedia } from '../latency/numbered-media.ts';
import {
  openPage,
  pictureMoves,
  until,
  playerIs,
  playerSays,
  startPlayerFixture,
  type PlayerFixture,
} from './player-fixture.ts';

const noBrowser = chromiumPath() === undefined && 'no Chromium';

describe('the player', { skip: noBrowser }, () => {
  const scope = openScope();
  let fixture: PlayerFixture;
  let browser: Browser;
  const url = (path: string) => `${fixture.gateway.http}${path}`;

  before(async () => {
    fixture = await startPlayerFixture(scope, { republish_grace: 3 });
    await publishNumbered(scope, `${fixture.gateway.rtmp}/lesson`, fixture.media);
    browser = await startChromium(scope);
  });
  after(() => scope.close());

  it('takes WebRTC first, and moves down within moments when it is blocked', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.route('**/whep*', (route) => route.abort());
    await page.goto(url('/player/lesson'));
    await playerIs(page, 'playing');
    assert.equal(await playerSays(page, 'currentTransport'), 'webcodecs');
    await pictureMoves(page);
    await page.context().close();
  });

  it('moves down when the gateway says that B-frames forbid WebRTC', async () => {
    const { page } = await openPage(browser, 'about:blank');
    await page.route('**/whep*', (route) =>
      route.fulfill({ status: 406, json: { code: 'b_frames', error: 'There are B-frames.' } }),
    );
    await page.goto(url('/player/lesson'));
    await playerIs(page, 'playing');
    assert.equal(await playerSays(page, 'currentTransport'), 'webcodecs');
    await page.context().close();
  });

  it('plays without sound where the browser wants a touch first, and a touch brings it', async () => {
    const { page, errors } = await openPage(browser, 'about:blank');
    // Whatever a test evaluates in a page counts as a touch, so the page itself must tell.
    await page.addInitScript(`setInterval(() => {
      const player = document.querySelector('ams-player');
      if (player?.state === 'playing' && player.muted) console.info('plays without sound');
    }, 50)`);
    const told = page.waitForEvent(
      'console',
      (message) => message.text() === 'plays without sound',
    );
    await page.goto(url('/player/lesson?transport=mse'));
    await told;
    await page.getByRole('button', { name: 'Turn the sound on' }).click();
    assert.equal(await playerSays(page, 'muted'), false);
    await playerIs(page, 'playing');
    await pictureMoves(page);
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('obeys the keyboard', async () => {
    const { page } = await openPage(browser, url('/player/lesson?transport=mse'));
    await playerIs(page, 'playing');
    await page.getByRole('region', { name: 'Video player' }).focus();
    await page.keyboard.press('k');
    assert.equal(await playerSays(page, 'paused'), true);
    await page.keyboard.press('k');
    await playerIs(page, 'playing');
    const muted = await playerSays<boolean>(page, 'muted');
    await page.keyboard.press('m');
    assert.equal(await playerSays(page, 'muted'), !muted);
    await page.keyboard.press('f');
    await until(page, 'document.fullscreenElement?.localName === "ams-player"');
    await page.keyboard.press('f');
    await until(page, 'document.fullscreenElement === null');
    await page.context().close();
  });

  it('has a menu of connections, and goes over to the one that is chosen', async () => {
    const { page } = await openPage(browser, url('/player/lesson?muted'));
    await playerIs(page, 'playing');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemradio', { name: 'HTTP-FLV' }).click();
    await until(page, `document.querySelector('ams-player').currentTransport === 'http-flv'`);
    await playerIs(page, 'playing');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Statistics' }).click();
    await page.getByText('HTTP-FLV').first().waitFor();
    await page.getByText('H.264, AAC', { exact: true }).waitFor();
    await page.keyboard.press('f');
    await until(page, 'document.fullscreenElement?.localName === "ams-player"');
    await page.context().close();
  });

  it('takes a picture', async () => {
    const { page } = await openPage(browser, url('/player/lesson?transport=webcodecs&muted'));
    await playerIs(page, 'playing');
    const [type, size, width] = await page.evaluate<[string, number, number]>(
      `document.querySelector('ams-player').snapshot().then(async (blob) =>
        [blob.type, blob.size, (await createImageBitmap(blob)).width])`,
    );
    assert.equal(type, 'image/png');
    assert.ok(size > 5000);
    assert.equal(width, 640);
    await page.context().close();
  });

  it('speaks the page’s language, and changes with it', async () => {
    const { page } = await openPage(browser, url('/player/nobody?lang=zh'));
    await page.getByText('等待老师开播').waitFor();
    await page.evaluate('document.documentElement.lang = "en"');
    await page.getByText('Waiting for the teacher').waitFor();
    await page.context().close();
  });

  it('waits for a publisher, starts with it, says when it ended, and resumes', async () => {
    const { page, errors } = await openPage(browser, url('/player/later?transport=mse&muted'));
    await playerIs(page, 'waiting');
    const later = await publishNumbered(scope, `${fixture.gateway.rtmp}/later`, fixture.media);
    await playerIs(page, 'playing');
    await later.stop();
    await playerIs(page, 'ended');
    await page.getByText('The lesson has ended').waitFor();
    await later.resume();
    await playerIs(page, 'playing');
    await pictureMoves(page);
    await later.stop();
    assert.deepEqual(errors, []);
    await page.context().close();
  });

  it('reconnects when its connection is cut', async () => {
    const { page } = await openPage(browser, url('/player/lesson?transport=mse&muted'));
    await playerIs(page, 'playing');
    for (const session of fixture.gateway.gateway.registry.list()) {
      if (session.details.protocol === 'ws-flv' && session.details.name === 'lesson') {
        session.end({ code: 'shutdown', message: 'Cut by the test.' });
      }
    }
    await playerIs(page, 'reconnecting');
    await playerIs(page, 'playing');
    await pictureMoves(page);
    await page.context().close();
  });

  it('plays a picture without sound', async () => {
    const media = await makeNumberedMedia(scope, { seconds: 8, audio: false });
    const silent = await publishNumbered(scope, `${fixture.gateway.rtmp}/silent`, media);
    for (const transport of ['mse', 'webcodecs', 'webrtc']) {
      const { page } = await openPage(browser, url(`/player/silent?transport=${transport}`));
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await page.context().close();
    }
    await silent.stop();
  });

  it('shows the picture over WebRTC before it starts the sound output', async () => {
    const { page } = await openPage(browser, url('/player/lesson?transport=webrtc&muted'));
    await page.evaluate(`{
      const video = document.querySelector('ams-player').shadowRoot.querySelector('video');
      globalThis.joined = [];
      const { addTrack } = MediaStream.prototype;
      MediaStream.prototype.addTrack = function (track) {
        if (this === video.srcObject) {
          joined.push([track.kind, video.getVideoPlaybackQuality().totalVideoFrames > 0]);
        }
        addTrack.call(this, track);
      };
      document.querySelector('ams-player').transport = 'auto';
    }`);
    await until(page, 'joined.length > 0');
    assert.deepEqual(await page.evaluate('joined'), [['audio', true]]);
    await page.context().close();
  });

  it('plays a stream with B-frames in their order', async () => {
    const media = await makeNumberedMedia(scope, { seconds: 8, bFrames: true });
    const stream = await publishNumbered(scope, `${fixture.gateway.rtmp}/bframes`, media);
    for (const transport of ['webcodecs', 'mse']) {
      const { page } = await openPage(browser, url(`/player/bframes?transport=${transport}&muted`));
      await playerIs(page, 'playing');
      await pictureMoves(page);
      await page.context().close();
    }
    await stream.stop();
  });

  it('plays what its src was just set to, when told so at once', async () => {
    const { page } = await openPage(browser, url('/player/nobody?muted'));
    await page.evaluate(`{
      const player = document.querySelector('ams-player');
      player.autoplay = false;
      player.pause();
      player.src = 'lesson';
      player.play();
    }`);
    await playerIs(page, 'playing');
    await page.context().close();
  });

  it('tells once that it plays, and nothing when it begins anew', async () => {
    const { page } = await openPage(browser, url('/player/nobody?muted'));
    const said = await page.evaluate<string>(`(async () => {
      const player = document.createElement('ams-player');
      const told = [];
      for (const name of ['play', 'pause']) player.addEventListener(name, () => told.push(name));
      const anew = () => new Promise((resolve) => setTimeout(resolve));
      document.body.append(player);
      player.src = 'nobody';
      await player.play();
      await anew();
      player.src = 'somebody';
      await anew();
      player.pause();
      await anew();
      player.src = 'nobody';
      await anew();
      await player.play();
      player.remove();
      return told.join();
    })()`);
    assert.equal(said, 'play,pause,play,pause');
    await page.context().close();
  });

  it('says when its src names nothing, and what a page does with an error event', async () => {
    const { page } = await openPage(browser, url('/player/lesson?muted'));
    const said = await page.evaluate<string>(
      `new Promise((resolve) => {
        const player = document.querySelector('ams-player');
        const states = [];
        player.addEventListener('statechange', (event) => states.push(event.detail.state));
        player.addEventListener('error', (event) => resolve([event.error.code, ...states.slice(-1)].join()));
        player.src = 'ftp://nowhere/at/all';
      })`,
    );
    assert.equal(said, 'source,failed');
    await page.getByText('There is nothing to play').waitFor();
    await page.context().close();
  });

  it('lets go of the stream when it is paused or taken out of the page', async () => {
    const stream = await publishNumbered(scope, `${fixture.gateway.rtmp}/alone`, fixture.media);
    const count = () =>
      fixture.gateway.gateway.registry.list(
        ({ details }) => details.name === 'alone' && details.kind === 'play',
      ).length;
    const { page } = await openPage(browser, url('/player/alone?transport=mse&muted'));
    await playerIs(page, 'playing');
    assert.equal(count(), 1);
    /** Resolves when no viewer is left. */
    const ended = () =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (count() === 0) resolve();
        };
        fixture.gateway.gateway.registry.listen({ ended: look });
        look();
      });
    await page.evaluate(`document.querySelector('ams-player').pause()`);
    await ended();
    assert.equal(count(), 0);
    await page.evaluate(`document.querySelector('ams-player').play()`);
    await playerIs(page, 'playing');
    await page.evaluate(`document.querySelector('ams-player').remove()`);
    await ended();
    await stream.stop();
    assert.equal(count(), 0);
    await page.context().close();
  });

  it('leaves nothing behind, however often it is taken out, put back and given another stream', async () => {
    const { page, errors } = await openPage(browser, 'about:blank');
    await page.addInitScript(OPEN_THINGS);
    await page.goto(url('/player/lesson?muted'));
    await playerIs(page, 'playing');
    await page.evaluate(`(async () => {
      const player = document.querySelector('ams-player');
      const parent = player.parentNode;
      const transports = ['webrtc', 'webcodecs', 'mse', 'http-flv', 'hls'];
      for (let i = 0; i < 100; i += 1) {
        player.remove();
        player.transport = transports[i % 5];
        parent.append(player);
        if (i % 3 === 0) player.src = i % 2 === 0 ? 'nobody' : 'lesson';
        // From none at all to long enough for a connection.
        if (i % 4 !== 0) await new Promise((resolve) => setTimeout(resolve, (i % 7) * 10));
      }
    })()`);
    await page.evaluate(`Object.assign(document.querySelector('ams-player'),
      { src: 'lesson', transport: 'webcodecs' })`);
    await playerIs(page, 'playing');
    await pictureMoves(page);
    await page.evaluate(`document.querySelector('ams-player').remove()`);
    await until(page, `openThings().join() === ''`);
    assert.deepEqual(errors, []);
    await page.context().close();
  });
});

/** Counts what a page may leave open: connections, sound outputs, decoders, timers. */
const OPEN_THINGS = `(() => {
  const made = [];
  const note = (name, isOpen) => {
    const Original = globalThis[name];
    globalThis[name] = class extends Original {
      constructor(...args) {
        super(...args);
        const ref = new WeakRef(this);
        made.push([name, () => { const one = ref.deref(); return one !== undefined && isOpen(one); }]);
      }
    };
  };
  note('WebSocket', (one) => one.readyState < WebSocket.CLOSING);
  note('RTCPeerConnection', (one) => one.signalingState !== 'closed');
  note('AudioContext', (one) => one.state !== 'closed');
  note('VideoDecoder', (one) => one.state !== 'closed');
  note('AudioDecoder', (one) => one.state !== 'closed');
  const intervals = new Set();
  const { setInterval, clearInterval } = globalThis;
  globalThis.setInterval = (...args) => {
    const timer = setInterval(...args);
    intervals.add(timer);
    return timer;
  };
  globalThis.clearInterval = (timer) => {
    intervals.delete(timer);
    clearInterval(timer);
  };
  globalThis.openThings = () => [
    ...made.filter(([, isOpen]) => isOpen()).map(([name]) => name),
    ...[...intervals].map(() => 'interval'),
  ];
})()`;
