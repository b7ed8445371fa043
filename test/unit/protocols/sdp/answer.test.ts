import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcceptedMedia } from '../../../../gateway/protocols/sdp/answer.ts';
import { buildAnswer, buildIceFragment } from '../../../../gateway/protocols/sdp/answer.ts';
import { candidateValue } from '../../../../gateway/protocols/sdp/candidate.ts';
import { chooseCodec } from '../../../../gateway/protocols/sdp/codecs.ts';
import {
  attributeOf,
  attributesOf,
  parseSdp,
} from '../../../../gateway/protocols/sdp/description.ts';
import { readIceFragment, readOffer } from '../../../../gateway/protocols/sdp/offer.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

const offer = readOffer(offerText('chrome-156-recvonly'));
const [videoOffer, audioOffer] = offer.media;
const ice = { ufrag: 'ours', password: 'p'.repeat(32) };
const candidates = [
  { transport: 'udp', address: '192.0.2.1', port: 8000 },
  { transport: 'tcp', address: '192.0.2.1', port: 8000 },
] as const;

const accepted: AcceptedMedia = {
  direction: 'sendonly',
  codec: chooseCodec(videoOffer!.codecs, 'h264', 66)!,
  extensions: [{ id: 4, uri: 'urn:x' }],
  feedback: ['nack', 'nack pli'],
  source: { ssrc: 11, rtxSsrc: 12, cname: 'c', streamId: 's', trackId: 't' },
};

const answer = parseSdp(
  buildAnswer({
    sessionId: '1',
    ice,
    fingerprint: { algorithm: 'sha-256', value: 'AB:CD' },
    candidates,
    media: [
      { offered: videoOffer!, accepted },
      { offered: audioOffer!, accepted: undefined },
    ],
  }),
);

test('a lite, passive server bundles what it takes', () => {
  assert.equal(attributeOf(answer, 'ice-lite'), '');
  assert.deepEqual(attributesOf(answer, 'group'), ['BUNDLE 0']);
  const [video] = answer.media;
  assert.equal(attributeOf(video!, 'setup'), 'passive');
  assert.equal(attributeOf(video!, 'ice-ufrag'), 'ours');
  assert.equal(attributeOf(video!, 'fingerprint'), 'sha-256 AB:CD');
  assert.equal(attributeOf(video!, 'sendonly'), '');
  assert.equal(attributeOf(video!, 'rtcp-mux'), '');
  assert.equal(attributeOf(video!, 'extmap'), '4 urn:x');
  assert.equal(attributeOf(video!, 'end-of-candidates'), '');
});

test('the codec, its retransmission and its sources', () => {
  const [video] = answer.media;
  assert.deepEqual(video!.formats, ['108', '109']);
  assert.deepEqual(attributesOf(video!, 'rtpmap'), ['108 H264/90000', '109 rtx/90000']);
  assert.ok(attributesOf(video!, 'fmtp').includes('109 apt=108'));
  assert.deepEqual(attributesOf(video!, 'rtcp-fb'), ['108 nack', '108 nack pli']);
  assert.equal(attributeOf(video!, 'ssrc-group'), 'FID 11 12');
  assert.ok(attributesOf(video!, 'ssrc').includes('11 cname:c'));
  assert.equal(attributeOf(video!, 'msid'), 's t');
});

test('a section that is not taken has port 0 and keeps its place', () => {
  const audio = answer.media[1]!;
  assert.equal(audio.kind, 'audio');
  assert.equal(audio.port, 0);
  assert.equal(attributeOf(audio, 'mid'), '1');
});

test('UDP is preferred to TCP, earlier addresses to later ones', () => {
  const priorities = [...candidates, ...candidates].map((candidate, index) =>
    Number(candidateValue(candidate, index).split(' ')[3]),
  );
  assert.ok(priorities[0]! > priorities[2]! && priorities[2]! > priorities[1]!);
  assert.ok(priorities[1]! > priorities[3]!);
  assert.equal(
    candidateValue(candidates[0], 0),
    `1 1 udp ${priorities[0]} 192.0.2.1 8000 typ host`,
  );
  assert.match(candidateValue(candidates[1], 1), /^2 1 tcp \d+ .* typ host tcptype passive$/);
});

test('the fragment of an ICE restart reads back', () => {
  const fragment = buildIceFragment(ice, '0', candidates);
  assert.deepEqual(readIceFragment(fragment), ice);
  assert.equal(attributesOf(parseSdp(fragment).media[0]!, 'candidate').length, 2);
});
