import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opusPacketSamples } from '../../../../shared/codecs/opus.ts';
import { emptyOpus } from '../../../../gateway/protocols/opus/empty.ts';
import { joinOpus } from '../../../../gateway/protocols/opus/join.ts';

/** CELT, full band, 10 ms, stereo. */
const TOC = 0xf4;

test('a packet without sound lasts as long, and is one byte', () => {
  const one = Buffer.from([TOC, 1, 2, 3]);
  const pair = joinOpus(one, one)!;
  const uneven = joinOpus(one, Buffer.from([TOC, 1]))!;
  for (const packet of [one, pair, uneven, Buffer.from([TOC])]) {
    const empty = emptyOpus(packet);
    assert.equal(empty.length, 1);
    assert.equal(opusPacketSamples(empty), opusPacketSamples(packet));
  }
  assert.deepEqual(emptyOpus(uneven), Buffer.from([TOC | 1]));
});

test('where frames are counted, their number stays; padding and sizes go', () => {
  const three = Buffer.from([TOC | 3, 0xc3, 5, 1, 1, 1]);
  assert.deepEqual(emptyOpus(three), Buffer.from([TOC | 3, 3]));
  assert.equal(opusPacketSamples(emptyOpus(three)), 3 * 480);
});
