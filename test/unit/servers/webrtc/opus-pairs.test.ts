import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpusPairs } from '../../../../gateway/servers/webrtc/opus-pairs.ts';
import { opusPacketSamples } from '../../../../shared/codecs/opus.ts';

const create = () => {
  let crowded = true;
  const out: { samples: number; pts: number }[] = [];
  const pairs = new OpusPairs(
    () => crowded,
    (packet, pts) => out.push({ samples: opusPacketSamples(packet), pts }),
  );
  return { pairs, out, setCrowded: (value: boolean) => (crowded = value) };
};

const short = Buffer.from([0xf4, 1, 2]);
const long = Buffer.from([0xfc, 1, 2]);

test('in a crowd two packets of 10 ms become one of 20 ms', () => {
  const { pairs, out } = create();
  for (let number = 0; number < 4; number++) pairs.push(short, number * 10_000);
  assert.deepEqual(out, [
    { samples: 960, pts: 0 },
    { samples: 960, pts: 20_000 },
  ]);
});

test('nothing is held for a few, and what was held goes out', () => {
  const { pairs, out, setCrowded } = create();
  pairs.push(short, 0);
  setCrowded(false);
  pairs.push(short, 10_000);
  pairs.push(short, 20_000);
  assert.deepEqual(
    out.map(({ pts }) => pts),
    [0, 20_000],
  );
});

test('a gap, and packets that are long already, stay as they are', () => {
  const { pairs, out } = create();
  pairs.push(short, 0);
  pairs.push(short, 50_000);
  pairs.push(long, 60_000);
  assert.deepEqual(out, [
    { samples: 480, pts: 0 },
    { samples: 480, pts: 50_000 },
    { samples: 960, pts: 60_000 },
  ]);
});

test('what cannot be read is passed on, and a reset forgets', () => {
  const out: Uint8Array[] = [];
  const pairs = new OpusPairs(
    () => true,
    (packet) => out.push(packet),
  );
  pairs.push(Buffer.alloc(0), 0);
  assert.equal(out.length, 1);
  pairs.push(short, 0);
  pairs.reset();
  pairs.push(long, 10_000);
  assert.deepEqual(out[1], long);
});
