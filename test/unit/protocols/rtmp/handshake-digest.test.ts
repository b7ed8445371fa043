import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  clientKey,
  findDigest,
  HANDSHAKE_BYTES,
  serverKey,
  sign,
  signAnswer,
} from '../../../../gateway/protocols/rtmp/handshake-digest.ts';

function packet(fill: number): Buffer {
  return Buffer.alloc(HANDSHAKE_BYTES, fill);
}

suite('handshake digest', () => {
  test('the keys are those of Flash Player and Flash Media Server', () => {
    assert.deepEqual([clientKey.short.length, clientKey.full.length], [30, 62]);
    assert.deepEqual([serverKey.short.length, serverKey.full.length], [36, 68]);
  });

  for (const schema of [0, 1] as const) {
    test(`schema ${schema}: what is signed is found, wherever the digest lies`, () => {
      for (let fill = 0; fill < 256; fill += 1) {
        const signed = packet(fill);
        const digest = sign(signed, schema, clientKey);
        assert.deepEqual(findDigest(signed, clientKey), { schema, digest });
      }
    });
  }

  test('a packet of the other side, changed or unsigned, has none', () => {
    const signed = packet(3);
    sign(signed, 0, clientKey);
    assert.equal(findDigest(signed, serverKey), undefined);
    assert.equal(findDigest(packet(3), clientKey), undefined);
    signed[1535] = (signed[1535] ?? 0) ^ 0x80;
    assert.equal(findDigest(signed, clientKey), undefined);
  });

  test('an answer differs with the digest it answers, in its last 32 bytes only', () => {
    const [one, two] = [packet(9), packet(9)];
    signAnswer(one, Buffer.alloc(32, 1), serverKey);
    signAnswer(two, Buffer.alloc(32, 2), serverKey);
    assert.deepEqual(one.subarray(0, 1504), packet(9).subarray(0, 1504));
    assert.notDeepEqual(one.subarray(1504), two.subarray(1504));
  });
});
