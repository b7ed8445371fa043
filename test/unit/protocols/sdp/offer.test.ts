import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readIceFragment, readOffer } from '../../../../gateway/protocols/sdp/offer.ts';
import type { OfferFixture } from '../../../helpers/sdp-fixtures.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

const twcc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

const all: readonly OfferFixture[] = [
  'chrome-156-recvonly',
  'chrome-156-sendonly',
  'safari-18-recvonly',
  'firefox-140-recvonly',
  'obs-31-sendonly',
];

for (const name of all) {
  test(`${name}: credentials, fingerprint, sections, H.264 and Opus are found`, () => {
    const offer = readOffer(offerText(name));
    assert.match(offer.ice.ufrag, /^[\w+/]{4,}$/);
    assert.match(offer.ice.password, /^[\w+/]{22,}$/);
    assert.equal(offer.fingerprints[0]!.algorithm, 'sha-256');
    assert.match(offer.fingerprints[0]!.value, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.deepEqual(offer.media.map(({ kind }) => kind).sort(), ['audio', 'video']);
    const direction = name.endsWith('recvonly') ? 'recvonly' : 'sendonly';
    for (const section of offer.media) assert.equal(section.direction, direction);
    const codecs = offer.media.flatMap((section) => section.codecs.map((codec) => codec.name));
    assert.ok(codecs.includes('H264') && codecs.includes('OPUS'));
    assert.ok(!codecs.includes('RTX'));
  });
}

test('Chrome: retransmission, feedback, extensions', () => {
  const video = readOffer(offerText('chrome-156-recvonly')).media[0]!;
  const h264 = video.codecs.find(({ payloadType }) => payloadType === 108)!;
  assert.equal(h264.parameters.get('profile-level-id'), '42e01f');
  assert.equal(h264.rtx, 109);
  assert.ok(h264.feedback.has('nack pli') && h264.feedback.has('transport-cc'));
  assert.equal(video.extensions.get(twcc), 4);
});

test('Chrome sending: sources without their retransmissions', () => {
  const video = readOffer(offerText('chrome-156-sendonly')).media[0]!;
  assert.deepEqual(video.sources, [3210630565]);
  assert.deepEqual([...video.repairs], [[4256360765, 3210630565]]);
});

test('Firefox: the fingerprint of the session, extensions with directions', () => {
  const offer = readOffer(offerText('firefox-140-recvonly'));
  assert.equal(offer.fingerprints.length, 1);
  assert.equal(
    offer.media[0]!.extensions.get('http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'),
    6,
  );
});

test('OBS: credentials above the media, no retransmission', () => {
  const offer = readOffer(offerText('obs-31-sendonly'));
  assert.equal(offer.ice.ufrag, 'oBs7');
  assert.equal(offer.media[1]!.codecs[0]!.rtx, undefined);
});

test('offers that cannot work are refused with a sentence', () => {
  const good = offerText('obs-31-sendonly');
  const without = (pattern: RegExp): string => good.replace(pattern, '');
  assert.throws(() => readOffer(without(/a=ice-ufrag.*\r\n/)), /a=ice-ufrag/);
  assert.throws(() => readOffer(without(/a=fingerprint.*\r\n/)), /a=fingerprint/);
  assert.throws(() => readOffer(without(/a=group:BUNDLE.*\r\n/)), /BUNDLE/);
  assert.throws(() => readOffer(good.replace('actpass', 'passive')), /passive itself/);
  assert.throws(() => readOffer('v=0\r\n'), /no media section/);
});

test('an ICE fragment has credentials or only candidates', () => {
  const restart = 'a=ice-ufrag:new1\r\na=ice-pwd:newpassword\r\nm=audio 9 X 0\r\na=mid:0\r\n';
  assert.deepEqual(readIceFragment(restart), { ufrag: 'new1', password: 'newpassword' });
  assert.equal(
    readIceFragment('m=audio 9 X 0\r\na=candidate:1 1 udp 1 10.0.0.1 9 typ host\r\n'),
    undefined,
  );
});
