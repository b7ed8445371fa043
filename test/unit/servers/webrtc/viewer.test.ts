import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extensionUris } from '../../../../gateway/protocols/rtp/extensions.ts';
import { readOffer } from '../../../../gateway/protocols/sdp/offer.ts';
import type { StreamOutlet } from '../../../../gateway/servers/webrtc/outlet.ts';
import { planViewer, refuseUnplayable } from '../../../../gateway/servers/webrtc/viewer.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

const outletOf = (video: StreamOutlet['video'], viewers = 0): StreamOutlet =>
  ({ video, viewers }) as StreamOutlet;
const h264 = outletOf({ codec: 'h264', profile: 66 });

test('Chrome: H.264 with retransmission, transport-wide feedback and playout delay', () => {
  const plan = planViewer(readOffer(offerText('chrome-156-recvonly')), h264);
  const [video, audio] = plan.media;
  assert.equal(video!.accepted!.codec.payloadType, 108);
  assert.equal(video!.accepted!.direction, 'sendonly');
  assert.deepEqual(video!.accepted!.feedback, ['nack', 'nack pli', 'ccm fir', 'transport-cc']);
  assert.deepEqual(
    video!.accepted!.extensions.map(({ uri }) => uri).sort(),
    [extensionUris.transportCc, extensionUris.playoutDelay].sort(),
  );
  assert.equal(plan.video!.rtx!.payloadType, 109);
  assert.equal(audio!.accepted!.codec.name, 'OPUS');
  assert.notEqual(plan.video!.ssrc, plan.audio!.ssrc);
  assert.equal(plan.audio!.rtx, undefined);
});

test('Safari and Firefox: the payload types that they decode', () => {
  const safari = planViewer(
    readOffer(offerText('safari-18-recvonly')),
    outletOf({ codec: 'h264', profile: 100 }),
  );
  assert.equal(safari.video!.payloadType, 96);
  const hevc = planViewer(
    readOffer(offerText('safari-18-recvonly')),
    outletOf({ codec: 'hevc', profile: 66 }),
  );
  assert.equal(hevc.video!.payloadType, 104);
  const firefox = planViewer(readOffer(offerText('firefox-140-recvonly')), h264);
  assert.equal(firefox.video!.payloadType, 126);
  assert.equal(firefox.video!.extensions.playoutDelay, 6);
});

test('without transport-wide feedback, absolute send times serve the receiver’s estimate', () => {
  const text = offerText('chrome-156-recvonly').replace(/a=rtcp-fb:\d+ transport-cc\r\n/g, '');
  const plan = planViewer(readOffer(text), h264);
  assert.equal(plan.video!.extensions.transportCc, 0);
  assert.ok(plan.video!.extensions.absSendTime > 0);
  assert.ok(plan.media[0]!.accepted!.feedback.includes('goog-remb'));
});

test('a stream without picture is answered all the same: one may come', () => {
  const plan = planViewer(readOffer(offerText('chrome-156-recvonly')), outletOf(undefined));
  assert.ok(plan.video !== undefined && plan.audio !== undefined);
});

test('a codec that the offer lacks is refused by name', () => {
  assert.throws(
    () =>
      planViewer(
        readOffer(offerText('chrome-156-recvonly')),
        outletOf({ codec: 'hevc', profile: 66 }),
      ),
    /video is hevc; the offer has/,
  );
});

test('an offer that sends cannot watch', () => {
  const sending = readOffer(offerText('obs-31-sendonly'));
  assert.throws(() => refuseUnplayable(sending), { code: 'bad_sdp' });
});

test('an offer without any codec that is sent is refused whatever the stream', () => {
  for (const name of ['chrome-156', 'safari-18', 'firefox-140'] as const) {
    refuseUnplayable(readOffer(offerText(`${name}-recvonly`)));
  }
  const ice = 'a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:sha-256 AA\r\n';
  const vp8 = readOffer(`v=0\r\n${ice}m=video 9 X 96\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n`);
  assert.throws(() => refuseUnplayable(vp8), /H264, H265, AV1, VP9 and OPUS; the offer has VP8\./);
  const vp9 = readOffer(`v=0\r\n${ice}m=video 9 X 96\r\na=recvonly\r\na=rtpmap:96 VP9/90000\r\n`);
  refuseUnplayable(vp9);
  // Before there is a picture, it is answered for as H.264.
  assert.throws(() => planViewer(vp9, outletOf(undefined)), { code: 'no_codec' });
});

test('short packets of sound: where the offer names them, and not in a crowd', () => {
  const chrome = readOffer(offerText('chrome-156-recvonly'));
  assert.equal(planViewer(chrome, h264).takesShort, true);
  assert.equal(planViewer(chrome, outletOf(undefined, 60)).takesShort, false);
  assert.equal(planViewer(readOffer(offerText('firefox-140-recvonly')), h264).takesShort, false);
});
