import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseCodec, formatParameters } from '../../../../gateway/protocols/sdp/codecs.ts';
import type { OfferedCodec } from '../../../../gateway/protocols/sdp/offer.ts';
import { readOffer } from '../../../../gateway/protocols/sdp/offer.ts';
import type { OfferFixture } from '../../../helpers/sdp-fixtures.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

const codecsOf = (name: OfferFixture): readonly OfferedCodec[] =>
  readOffer(offerText(name)).media.flatMap(({ codecs }) => codecs);

const payloadType = (name: OfferFixture, profile: number): number | undefined =>
  chooseCodec(codecsOf(name), 'h264', profile)?.payloadType;

test('H.264 goes under its own profile, constrained where there are two', () => {
  assert.equal(payloadType('chrome-156-recvonly', 66), 108);
  assert.equal(payloadType('chrome-156-recvonly', 77), 116);
  assert.equal(payloadType('safari-18-recvonly', 100), 96);
  assert.equal(payloadType('safari-18-recvonly', 66), 98);
  assert.equal(payloadType('firefox-140-recvonly', 66), 126);
});

test('H.264 High goes under the nearest profile where High is not offered', () => {
  assert.equal(payloadType('chrome-156-recvonly', 100), 116);
  assert.equal(payloadType('firefox-140-recvonly', 100), 126);
});

test('packetization-mode=0 is never taken', () => {
  const only = codecsOf('firefox-140-recvonly').filter(({ payloadType: type }) => type === 97);
  assert.equal(only.length, 1);
  assert.equal(chooseCodec(only, 'h264', 66), undefined);
});

test('the other codecs are found by name', () => {
  assert.equal(chooseCodec(codecsOf('safari-18-recvonly'), 'hevc')?.payloadType, 104);
  assert.equal(chooseCodec(codecsOf('chrome-156-recvonly'), 'hevc'), undefined);
  assert.equal(
    chooseCodec(codecsOf('chrome-156-recvonly'), 'vp9')?.parameters.get('profile-id'),
    '0',
  );
  assert.equal(chooseCodec(codecsOf('chrome-156-recvonly'), 'av1')?.name, 'AV1');
  assert.equal(chooseCodec(codecsOf('firefox-140-recvonly'), 'opus')?.payloadType, 109);
});

test('parameters are answered as they were offered', () => {
  const codec = chooseCodec(codecsOf('safari-18-recvonly'), 'h264', 66)!;
  assert.equal(
    formatParameters(codec),
    'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  );
});
