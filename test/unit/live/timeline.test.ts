import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { Timeline } from '../../../gateway/live/timeline.ts';

const VIDEO = 1;
const AUDIO = 0;

suite('timeline', () => {
  test('keeps the time of a stream that begins near 0, and counts in µs', () => {
    const timeline = new Timeline();
    assert.equal(timeline.map(0, VIDEO), 0);
    assert.equal(timeline.map(23, AUDIO), 23_000);
    assert.equal(timeline.map(40, VIDEO), 40_000);
    assert.equal(timeline.takeJump(), false);
  });

  test('begins at 0 when the encoder begins anywhere', () => {
    const timeline = new Timeline();
    assert.equal(timeline.map(3_000_000_000, VIDEO), 0);
    assert.equal(timeline.map(3_000_000_040, VIDEO), 40_000);
    assert.equal(timeline.takeJump(), false, 'a beginning is no jump');
  });

  test('goes on across the 32-bit wrap', () => {
    const timeline = new Timeline();
    timeline.map(2 ** 32 - 60, VIDEO);
    timeline.map(2 ** 32 - 20, VIDEO);
    assert.equal(timeline.map(20, VIDEO), 80_000);
    assert.equal(timeline.takeJump(), false);
  });

  test('allows tracks to interleave loosely', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    timeline.map(500, VIDEO);
    assert.equal(timeline.map(100, AUDIO), 100_000);
    assert.equal(timeline.map(540, VIDEO), 540_000);
  });

  test('a track never goes back', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    timeline.map(500, VIDEO);
    assert.equal(timeline.map(400, VIDEO), 500_000);
  });

  test('keeps a gap of dropped frames, closes a jump forward', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    assert.equal(timeline.map(5_000, VIDEO), 5_000_000);
    assert.equal(timeline.takeJump(), false);
    assert.equal(timeline.map(3_605_000, VIDEO), 5_040_000);
    assert.equal(timeline.takeJump(), true);
    assert.equal(timeline.takeJump(), false, 'told once');
    assert.equal(timeline.map(3_605_040, VIDEO), 5_080_000);
  });

  test('closes a jump back, for both tracks alike', () => {
    const timeline = new Timeline();
    timeline.map(60_000, VIDEO);
    timeline.map(62_000, VIDEO); // 2,000 ms of stream time
    assert.equal(timeline.map(0, AUDIO), 2_040_000);
    assert.equal(timeline.takeJump(), true);
    assert.equal(timeline.map(10, VIDEO), 2_050_000, 'sound and picture stay together');
  });

  test('sound and picture more than a second apart are no jump with every packet', () => {
    const timeline = new Timeline();
    for (let ms = 0; ms < 10_000; ms += 20) {
      assert.equal(timeline.map(1500 + ms, AUDIO), (1500 + ms) * 1000);
      assert.equal(timeline.map(ms, VIDEO), ms * 1000);
    }
    assert.equal(timeline.takeJump(), false);
  });

  test('sound and picture by clocks of their own begin together and go on', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    const begin = timeline.map(3_000_000_000, AUDIO);
    assert.equal(begin, 40_000);
    timeline.takeJump();
    for (let ms = 20; ms < 10_000; ms += 20) {
      assert.equal(timeline.map(ms, VIDEO), ms * 1000);
      assert.equal(timeline.map(3_000_000_000 + ms, AUDIO), begin + ms * 1000);
    }
    assert.equal(timeline.takeJump(), false);
  });

  test('a track that jumps after the other follows it', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    timeline.map(0, AUDIO);
    timeline.map(40, VIDEO);
    assert.equal(timeline.map(500_000, VIDEO), 80_000);
    assert.equal(timeline.map(20, AUDIO), 20_000, 'what was on its way keeps its time');
    assert.equal(timeline.map(500_010, AUDIO), 90_000);
    assert.equal(timeline.takeJump(), true);
  });

  test('a message of data without a sensible time is now, and no jump', () => {
    const timeline = new Timeline();
    assert.equal(timeline.mapData(0), 0, 'before everything');
    timeline.map(3_600_000, VIDEO);
    timeline.map(3_602_000, VIDEO);
    assert.equal(timeline.mapData(0), 2_000_000);
    assert.equal(timeline.mapData(3_602_010), 2_010_000);
    assert.equal(timeline.map(3_602_040, VIDEO), 2_040_000);
    timeline.restart();
    assert.equal(timeline.mapData(0), 2_040_000);
    assert.equal(timeline.takeJump(), false);
  });

  test('a publisher that comes back goes on where the last one stopped', () => {
    const timeline = new Timeline();
    timeline.map(0, VIDEO);
    timeline.map(1_000, VIDEO);
    timeline.restart();
    assert.equal(timeline.map(1_500, VIDEO), 1_040_000);
    assert.equal(timeline.takeJump(), true);
  });

  test('whatever comes, no track ever goes back and time stays a safe integer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2 ** 32 - 1), fc.constantFrom(VIDEO, AUDIO, -1)), {
          maxLength: 200,
        }),
        (packets) => {
          const timeline = new Timeline();
          const last = new Map<number, number>();
          for (const [raw, track] of packets) {
            const dts = timeline.map(raw, track);
            assert.ok(Number.isSafeInteger(dts) && dts >= (last.get(track) ?? 0));
            last.set(track, dts);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });
});
