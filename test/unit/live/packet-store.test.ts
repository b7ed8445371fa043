import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { PacketStore } from '../../../gateway/live/packet-store.ts';
import { audio, data, video } from './packets.ts';

suite('packet store', () => {
  test('gives back what it took, in memory of its own', () => {
    const store = new PacketStore();
    const key = video(0, 'key', 1, 100);
    const packets = [key, audio(10, 'key', 2), data(20, 'onTextData'), video(40, 'delta', 3)];
    for (const packet of packets) store.push(packet);
    key.body.fill(9);
    const [first, ...rest] = store.packets;
    assert.deepEqual(first, video(0, 'key', 1, 100));
    assert.deepEqual(rest, packets.slice(1));
    assert.equal(store.begin, 0);
    assert.equal(store.size, 4);
  });

  test('keeps a payload inside its body, and one that lies elsewhere', () => {
    const store = new PacketStore();
    const body = Buffer.from([0x17, 1, 0, 0, 0, 42, 43]);
    store.push({ ...video(0, 'key'), body, payload: body.subarray(5) });
    store.push({
      ...video(0, 'key'),
      track: 3,
      body: Buffer.alloc(0),
      payload: Buffer.from([7, 8]),
    });
    const [inside, outside] = store.packets;
    assert.ok(inside?.kind === 'video' && outside?.kind === 'video');
    assert.deepEqual([...inside.payload], [42, 43]);
    assert.equal(inside.payload.buffer, inside.body.buffer);
    assert.deepEqual([...outside.payload], [7, 8]);
    assert.deepEqual([outside.body.length, outside.track], [0, 3]);
  });

  test('whoever was handed packets may keep them: their memory is not used again', () => {
    const store = new PacketStore();
    store.push(video(0, 'key', 1, 5000));
    const [kept] = store.packets;
    store.clear();
    for (let i = 0; i < 10; i++) store.push(video(40, 'key', 2, 5000));
    assert.ok(kept!.body.every((byte) => byte === 1));
  });

  test('memory that nobody holds is used again', () => {
    const store = new PacketStore();
    store.push(video(0, 'key', 1, 5000));
    store.clear();
    const other = new PacketStore();
    other.push(video(0, 'key', 2, 100));
    store.push(video(0, 'key', 3, 100));
    assert.equal(other.packets[0]!.body[0], 2);
    assert.equal(store.packets[0]!.body[0], 3);
  });

  test('forgets what is older, and says how many bytes that was', () => {
    const store = new PacketStore();
    for (let ms = 0; ms < 100; ms += 10) store.push(audio(ms, 'key', ms, 4000));
    assert.equal(store.dropBefore(50_000), 5 * 4000);
    assert.equal(store.begin, 50_000);
    assert.ok(store.packets.every(({ body, dts }) => body[3999] === dts / 1000));
    assert.equal(store.dropBefore(50_000), 0);
  });

  test('whatever comes, it gives back the same', () => {
    const packet = fc.record({
      size: fc.oneof(fc.nat(300), fc.nat(40_000)),
      mark: fc.nat(255),
      forget: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
        const store = new PacketStore();
        const expected: ReturnType<typeof video>[] = [];
        packets.forEach(({ size, mark, forget }, index) => {
          const made = video(index, 'delta', mark, size);
          store.push(made);
          expected.push(made);
          if (!forget) return;
          store.dropBefore((index - 3) * 1000);
          while (expected[0]!.dts < (index - 3) * 1000) expected.shift();
        });
        assert.deepEqual(store.packets, expected);
        store.clear();
      }),
      { seed: 2, numRuns: 60 },
    );
  });
});
