import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { chromiumPath, startChromium } from '../helpers/chromium.ts';
import { probeLive } from '../helpers/ffprobe.ts';
import { startTestGateway, type TestGateway } from '../helpers/gateway.ts';
import { publishLesson } from '../helpers/lesson.ts';
import type { Scope } from '../helpers/scope.ts';
import { until } from '../helpers/until.ts';

const skip = chromiumPath() === undefined ? 'Chromium is not installed' : false;

const blank = async (scope: Scope, gateway: TestGateway, args: string[] = []): Promise<Page> => {
  const browser = await startChromium(scope, { autoplay: true, args });
  const page = await browser.newPage();
  // Any page of the gateway's will do: requests then come from its own origin.
  await page.goto(`${gateway.http}/healthz`);
  return page;
};

/**
 * Asks `path` with an offer of `peer`'s and applies the answer, lines of which `keep` may leave out;
 * a script for the page.
 */
const ASK = `async (peer, path, keep = () => true) => {
  await peer.setLocalDescription();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: peer.localDescription.sdp,
  });
  const sdp = await response.text();
  if (response.status !== 201) throw new Error(response.status + ': ' + sdp);
  globalThis.resource = response.headers.get('location');
  globalThis.tag = response.headers.get('etag');
  const kept = sdp.split('\\r\\n').filter(keep).join('\\r\\n');
  await peer.setRemoteDescription({ type: 'answer', sdp: kept });
}`;

interface Figures {
  readonly framesDecoded: number;
  readonly width: number;
  readonly packetsLost: number;
  readonly audioEnergy: number;
  readonly audioSeconds: number;
  readonly audioPackets: number;
  /** Of the server's candidate: `udp` or `tcp`. */
  readonly protocol: string;
  readonly state: string;
}

const FIGURES = `(async () => {
  const figures = { state: peer.connectionState };
  const stats = await peer.getStats();
  for (const one of stats.values()) {
    if (one.type === 'transport') {
      const pair = stats.get(one.selectedCandidatePairId);
      figures.protocol = stats.get(pair?.localCandidateId)?.protocol;
    }
    if (one.type !== 'inbound-rtp') continue;
    if (one.kind === 'video') {
      Object.assign(figures, {
        framesDecoded: one.framesDecoded, width: one.frameWidth, packetsLost: one.packetsLost,
      });
    } else {
      Object.assign(figures, {
        audioEnergy: one.totalAudioEnergy, audioSeconds: one.totalSamplesDuration,
        audioPackets: one.packetsReceived,
      });
    }
  }
  return figures;
})()`;

/** Plays `name` in a `<video>` of the page's; `keep` is a script that chooses the answer's lines. */
const watch = (page: Page, name: string, keep = '() => true'): Promise<void> =>
  page.evaluate(`(async () => {
    globalThis.peer = new RTCPeerConnection();
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => stream.addTrack(track);
    for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
    await (${ASK})(peer, '/live/${name}/whep', ${keep});
    const video = Object.assign(document.createElement('video'), { srcObject: stream });
    document.body.append(video);
    await video.play();
  })()`);

const figuresWhen = async (
  page: Page,
  isEnough: (figures: Figures) => boolean,
): Promise<Figures> => {
  let figures: Figures | undefined;
  await until(async () => {
    figures = await page.evaluate<Figures>(FIGURES);
    return isEnough(figures);
  }, 30_000);
  return figures!;
};

const playersAreGone = (gateway: TestGateway): Promise<void> =>
  until(() => gateway.gateway.registry.list(({ details }) => details.kind === 'play').length === 0);

test('Chromium plays picture and sound, and leaves without a trace', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  await publishLesson(t, gateway);
  const page = await blank(t, gateway);
  await watch(page, 'lesson');
  const figures = await figuresWhen(
    page,
    ({ framesDecoded, audioSeconds }) => framesDecoded > 60 && audioSeconds > 2,
  );
  assert.equal(figures.width, 320);
  assert.equal(figures.state, 'connected');
  // A sine of full scale / 8 has a mean square of 1/128; lossy coding and the start take some.
  const meanSquare = figures.audioEnergy / figures.audioSeconds;
  assert.ok(meanSquare > 0.002 && meanSquare < 0.02, `${meanSquare}`);

  await page.goto('about:blank');
  await playersAreGone(gateway);
});

test(
  'Chromium plays over TCP alone, and stays through a change of publishers',
  { skip },
  async (t) => {
    const gateway = await startTestGateway(t);
    const first = await publishLesson(t, gateway);
    const page = await blank(t, gateway);
    await watch(page, 'lesson', `(line) => !/^a=candidate:.* udp /.test(line)`);
    const before = await figuresWhen(
      page,
      ({ framesDecoded, audioSeconds }) => framesDecoded > 30 && audioSeconds > 1,
    );
    assert.equal(before.protocol, 'tcp');

    await first.stop();
    await gateway.streamIs('lesson', 'ended');
    await publishLesson(t, gateway);
    const { framesDecoded, audioPackets } = await page.evaluate<Figures>(FIGURES);
    const after = await figuresWhen(
      page,
      (now) => now.framesDecoded > framesDecoded + 30 && now.audioPackets > audioPackets + 60,
    );
    assert.equal(after.state, 'connected');
    await page.goto('about:blank');
    await playersAreGone(gateway);
  },
);

/**
 * Restarts ICE as WHEP and WHIP have it: new credentials by PATCH, then the answer of before with
 * the server's new ones; a script that ends when a pair of the new ones is in use.
 */
const RESTART = `(async () => {
  peer.restartIce();
  await peer.setLocalDescription();
  const of = (sdp, name) => new RegExp('^a=' + name + ':(\\\\S+)', 'm').exec(sdp)[1];
  const { sdp } = peer.localDescription;
  const before = peer.currentRemoteDescription.sdp;
  const response = await fetch(globalThis.resource, {
    method: 'PATCH',
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body: ['a=ice-ufrag:' + of(sdp, 'ice-ufrag'), 'a=ice-pwd:' + of(sdp, 'ice-pwd'), ''].join('\\r\\n'),
  });
  if (response.status !== 200) throw new Error(response.status + ': ' + (await response.text()));
  const fragment = await response.text();
  const ufrag = of(fragment, 'ice-ufrag');
  const answer = before
    .replaceAll(of(before, 'ice-ufrag'), ufrag)
    .replaceAll(of(before, 'ice-pwd'), of(fragment, 'ice-pwd'));
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  return { ufrag, tag: response.headers.get('etag'), first: globalThis.tag };
})()`;

/** The server's user fragment in the pair that is in use. */
const UFRAG = `(async () => {
  const stats = await peer.getStats();
  for (const one of stats.values()) {
    if (one.type !== 'transport') continue;
    return stats.get(stats.get(one.selectedCandidatePairId)?.remoteCandidateId)?.usernameFragment;
  }
})()`;

test('Chromium restarts ICE and plays on in the same session', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  await publishLesson(t, gateway);
  const page = await blank(t, gateway);
  await watch(page, 'lesson');
  const before = await figuresWhen(page, ({ framesDecoded }) => framesDecoded > 20);
  const { ufrag, tag, first } =
    await page.evaluate<Record<'ufrag' | 'tag' | 'first', string>>(RESTART);
  assert.equal(tag, `"${ufrag}"`);
  assert.notEqual(tag, first);
  await until(async () => (await page.evaluate(UFRAG)) === ufrag, 20_000);
  const after = await figuresWhen(
    page,
    ({ framesDecoded }) => framesDecoded > before.framesDecoded + 40,
  );
  assert.equal(after.state, 'connected');
  const sessions = gateway.gateway.registry.list(({ details }) => details.protocol === 'webrtc');
  assert.equal(sessions.length, 1);
});

test('Chromium publishes its camera, and RTMP players see H.264 and AAC', { skip }, async (t) => {
  const gateway = await startTestGateway(t);
  const page = await blank(t, gateway, [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
  ]);
  const publish = `(async () => {
    globalThis.peer = new RTCPeerConnection();
    const media = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    for (const track of media.getTracks()) {
      peer.addTransceiver(track, { direction: 'sendonly', streams: [media] });
    }
    await (${ASK})(peer, '/live/camera/whip');
  })()`;
  await page.evaluate(publish);
  await until(() => {
    const stream = gateway.gateway.hub.find('camera');
    return stream?.ready === true && stream.tracks.has('audio');
  }, 30_000);
  const probe = probeLive(t, `${gateway.rtmp}/camera`, ['-read_intervals', '%+3']);
  const packets = await probe.packets(30_000);
  const video = packets.filter(({ kind }) => kind === 'video');
  const audio = packets.filter(({ kind }) => kind === 'audio');
  assert.ok(video.length > 20, `${video.length} pictures`);
  assert.ok(audio.length > 60, `${audio.length} frames of sound`);
  assert.equal(video[0]!.key, true);
  await page.goto('about:blank');
  await gateway.logged(/publish ended/);
});
