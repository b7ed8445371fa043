import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ArrivalClock } from '../../../../web-player/src/playback/arrival-clock.ts';

const FRAME = 40;

/** Pictures from `from` on, each `late(n)` ms after its time; the stream's time is the clock's less 1000. */
function pictures(clock: ArrivalClock, count: number, late: (n: number) => number, from = 0): void {
  for (let n = from; n < from + count; n += 1) {
    const pts = n * FRAME;
    clock.pictureReady(pts, 1000 + pts + late(n));
  }
}

function sounds(clock: ArrivalClock, count: number, late: number): void {
  for (let n = 0; n < count; n += 1) clock.soundReady(n * 20, 1000 + n * 20 + late);
}

describe('the arrival clock', () => {
  it('knows nothing before the first frame', () => {
    assert.equal(new ArrivalClock().pictureOffset, undefined);
    assert.equal(new ArrivalClock().soundOffset, undefined);
  });

  it('shows frames of a steady network as they come', () => {
    const clock = new ArrivalClock();
    pictures(clock, 100, () => 7);
    assert.equal(clock.pictureOffset, 1007);
  });

  it('waits for the usual unsteadiness, not for the rare', () => {
    const clock = new ArrivalClock();
    // Every fourth frame is 15 ms late, one in fifty 200 ms (with what comes behind it at once).
    pictures(clock, 150, (n) => (n % 50 === 0 ? 200 : n % 4 === 0 ? 15 : 0));
    const wait = (clock.pictureOffset ?? 0) - 1000;
    assert.ok(wait >= 14 && wait <= 20, `waits ${wait} ms`);
  });

  it('does not take the burst of cached frames at the start for lateness', () => {
    const clock = new ArrivalClock();
    for (let n = 0; n < 25; n += 1) clock.pictureReady(n * FRAME, 1000 + 24 * FRAME + n);
    pictures(clock, 25, () => 0, 25);
    assert.ok((clock.pictureOffset ?? Infinity) <= 1010);
  });

  it('is back to its delay after an outage', () => {
    const clock = new ArrivalClock();
    pictures(clock, 100, () => 2);
    // Two seconds nothing, then all at once, then as before.
    for (let n = 100; n < 150; n += 1) clock.pictureReady(n * FRAME, 1000 + 150 * FRAME);
    pictures(clock, 25, () => 2, 150);
    assert.ok((clock.pictureOffset ?? Infinity) <= 1010, `${clock.pictureOffset}`);
  });

  it('keeps the delay that it is asked to keep', () => {
    const clock = new ArrivalClock(200);
    pictures(clock, 50, () => 0);
    assert.equal(clock.pictureOffset, 1200);
  });

  it('holds the picture for its sound, but for what nobody sees', () => {
    const clock = new ArrivalClock();
    pictures(clock, 100, () => 0);
    sounds(clock, 200, 60);
    assert.equal(clock.pictureOffset, 1000, 'sound that is off holds nothing');
    clock.setSound(true, 40);
    const lead = (clock.soundOffset ?? 0) - (clock.pictureOffset ?? 0);
    assert.equal(clock.soundOffset, 1100);
    assert.ok(lead > 0 && lead <= 45, `the picture leads by ${lead} ms`);
  });

  it('holds the sound for a late picture', () => {
    const clock = new ArrivalClock();
    pictures(clock, 100, () => 150);
    sounds(clock, 200, 0);
    clock.setSound(true, 0);
    const lead = (clock.pictureOffset ?? 0) - (clock.soundOffset ?? 0);
    assert.equal(clock.pictureOffset, 1150);
    assert.ok(lead >= 0 && lead <= 45, `the sound leads by ${lead} ms`);
  });

  it('lets neither wait for the other when they are of different times', () => {
    const clock = new ArrivalClock();
    pictures(clock, 100, () => 0);
    sounds(clock, 200, 9000);
    clock.setSound(true, 0);
    assert.equal(clock.pictureOffset, 1000);
  });

  it('keeps more sound in hand after gaps, within bounds, and gives it back', () => {
    const clock = new ArrivalClock();
    sounds(clock, 200, 0);
    const before = clock.soundOffset ?? 0;
    clock.soundGaps(2);
    assert.ok((clock.soundOffset ?? 0) > before + 5);
    clock.soundGaps(1000);
    assert.ok((clock.soundOffset ?? 0) <= before + 200);
    for (let i = 0; i < 3000; i += 1) clock.relax(100);
    assert.equal(clock.soundOffset, before);
  });

  it('forgets', () => {
    const clock = new ArrivalClock();
    pictures(clock, 10, () => 0);
    clock.reset();
    assert.equal(clock.pictureOffset, undefined);
  });
});
