import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOffer } from '../../../../gateway/protocols/sdp/offer.ts';
import { planPublisher } from '../../../../gateway/servers/webrtc/whip-plan.ts';
import { offerText } from '../../../helpers/sdp-fixtures.ts';

test('an offer that receives cannot publish', () => {
  const receiving = readOffer(offerText('chrome-156-recvonly'));
  assert.throws(() => planPublisher(receiving), { code: 'bad_sdp' });
});

test('video without H.264 is refused, rather than published without a picture', () => {
  const text = offerText('chrome-156-sendonly').replaceAll(' H264/90000', ' VP7/90000');
  assert.throws(() => planPublisher(readOffer(text)), { code: 'no_codec' });
});

test('OBS publishes H.264 High and Opus', () => {
  const plan = planPublisher(readOffer(offerText('obs-31-sendonly')));
  assert.equal(plan.video!.payloadType, 96);
  assert.equal(plan.audio!.payloadType, 111);
  assert.equal(plan.transportCc, 0);
  for (const { accepted } of plan.media) assert.equal(accepted!.direction, 'recvonly');
});

test('Chrome publishes H.264, with feedback for its estimate', () => {
  const plan = planPublisher(readOffer(offerText('chrome-156-sendonly')));
  assert.equal(plan.video!.name, 'H264');
  assert.equal(plan.transportCc, 4);
  assert.ok(plan.video!.rtx !== undefined);
});
