import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SoundStart } from '../../../../gateway/servers/webrtc/sound-start.ts';

test('nothing at first, then packets without sound for more than half a second, then the sound', () => {
  const start = new SoundStart(1_000);
  const packet = Buffer.from([0xf4, 1, 2, 3]);
  const sent = Array.from({ length: 150 }, (_, index) => start.next(packet, 1_000 + index * 10));
  const kinds = sent.map((one) =>
    one === packet ? 'sound' : one === undefined ? 'none' : 'empty',
  );
  assert.deepEqual([...new Set(kinds)], ['none', 'empty', 'sound']);
  assert.ok(kinds.filter((kind) => kind === 'empty').length > 55);
  assert.ok(kinds.indexOf('sound') <= 100, 'within a second');
  assert.deepEqual(sent[kinds.indexOf('empty')], Buffer.from([0xf4]));
});
