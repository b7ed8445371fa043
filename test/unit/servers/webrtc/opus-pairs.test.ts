import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isShortOpus, OpusPairs } from '../../../../gateway/servers/webrtc/opus-pairs.ts';
import { opusPacketSamples } from '../../../../shared/codecs/opus.ts';

const create = () => {
  const out: { samples: number; pts: number }[] = [];
  const pairs = new OpusPairs((packet, pts) =>
    out.push({ samples: opusPacketSamples(packet), pts }),
  );
  return { pairs, out };
};

const short = Buffer.from([0xf4, 1, 2]);
const otherKind = Buffer.from([0xf0, 1, 2]);

test('two packets of 10 ms become one of 20 ms', () => {
  const { pairs, out } = create();
  for (let number = 0; number < 4; number++) pairs.push(short, number * 10_000);
  assert.deepEqual(out, [
    { samples: 960, pts: 0 },
    { samples: 960, pts: 20_000 },
  ]);
});

test('over a gap, or of two kinds, they stay as they are', () => {
  const { pairs, out } = create();
  pairs.push(short, 0);
  pairs.push(short, 50_000);
  pairs.push(otherKind, 60_000);
  pairs.push(otherKind, 70_000);
  assert.deepEqual(
    out.map(({ pts }) => pts),
    [0, 50_000, 60_000],
  );
});

test('a reset forgets what waits for its other half', () => {
  const { pairs, out } = create();
  pairs.push(short, 0);
  pairs.reset();
  pairs.push(short, 10_000);
  assert.deepEqual(out, []);
});

test('which packets are short', () => {
  assert.equal(isShortOpus(short), true);
  assert.equal(isShortOpus(Buffer.from([0xfc, 1])), false);
  assert.equal(isShortOpus(Buffer.alloc(0)), false);
});
