import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, startChromium } from '../../helpers/chromium.ts';
import { openScope } from '../../helpers/scope.ts';
import { startTestGateway, type TestGateway } from '../../helpers/gateway.ts';
import { openPage, pictureMoves, playerIs, playerSays, until } from './player-fixture.ts';

/** A teacher's page of the barest kind: camera and microphone to `path`. */
const PUBLISH = `async (path) => {
  const peer = (globalThis.peer = new RTCPeerConnection());
  const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  for (const track of media.getTracks()) {
    peer.addTransceiver(track, { direction: 'sendonly', streams: [media] });
  }
  await peer.setLocalDescription();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: peer.localDescription.sdp,
  });
  await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
}`;
/** From here on the microphone sends nothing at all. */
const SEND_NO_SOUND = `peer.getSenders().find(({ track }) => track.kind === 'audio').replaceTrack(null)`;

describe(
  'a publisher in WebRTC whose sound pauses',
  {
    skip: chromiumPath() === undefined && 'no Chromium',
  },
  () => {
    const scope = openScope();
    let gateway: TestGateway;
    let browser: Browser;

    before(async () => {
      gateway = await startTestGateway(scope, { webrtc_port: 0, webrtc_bind: '127.0.0.1' });
      browser = await startChromium(scope, {
        autoplay: true,
        args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      });
    });
    after(() => scope.close());

    it('goes on over MSE, by the same connection', async () => {
      const teacher = await openPage(browser, gateway.http);
      await teacher.page.evaluate(`(${PUBLISH})('/live/camera/whip')`);
      const { page } = await openPage(browser, `${gateway.http}/player/camera?transport=mse`);
      await playerIs(page, 'playing');
      await until(page, `document.querySelector('ams-player').statistics.audioCodec !== undefined`);
      await page.evaluate(`{
      globalThis.states = [];
      const player = document.querySelector('ams-player');
      player.addEventListener('statechange', () => states.push(player.state));
    }`);
      await teacher.page.evaluate(SEND_NO_SOUND);
      const before = await playerSays<number>(page, 'statistics.framesShown');
      await until(
        page,
        `document.querySelector('ams-player').statistics.framesShown > ${before + 75}`,
      );
      await pictureMoves(page);
      const states = await page.evaluate<string[]>('states');
      // A busy machine may hold the picture up; a new connection would be another matter.
      assert.ok(!states.includes('reconnecting'), states.join());
    });
  },
);
