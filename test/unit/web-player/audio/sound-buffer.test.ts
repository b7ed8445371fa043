import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SoundBuffer } from '../../../../web-player/src/audio/sound-buffer.ts';

const RATE = 48_000;
const QUANTUM = 128;

/** A tone, `milliseconds` long, that begins at `pts` and is continuous in pts. */
function tone(pts: number, milliseconds: number, frequency = 200): Float32Array[] {
  const length = Math.round((milliseconds * RATE) / 1000);
  const first = Math.round((pts * RATE) / 1000);
  const samples = Float32Array.from({ length }, (_, i) =>
    Math.sin((2 * Math.PI * frequency * (first + i)) / RATE),
  );
  return [samples];
}

/** Plays for a while with every sample due at `due(elapsed)`; answers all that is heard. */
function play(buffer: SoundBuffer, milliseconds: number, due: (elapsed: number) => number) {
  const heard: number[] = [];
  for (let sample = 0; sample < (milliseconds * RATE) / 1000; sample += QUANTUM) {
    const output = [new Float32Array(QUANTUM)];
    buffer.play(output, due((sample * 1000) / RATE));
    heard.push(...(output[0] ?? []));
  }
  return heard;
}

const largestStep = (samples: readonly number[]) =>
  samples.slice(1).reduce((most, one, i) => Math.max(most, Math.abs(one - (samples[i] ?? 0))), 0);

describe('the sound buffer', () => {
  it('is silent when there is nothing', () => {
    const heard = play(new SoundBuffer(RATE, 1), 20, (t) => t);
    assert.ok(heard.every((sample) => sample === 0));
  });

  it('plays what is due, sample by sample', () => {
    const buffer = new SoundBuffer(RATE, 1);
    buffer.write(0, tone(0, 100));
    const heard = play(buffer, 80, (t) => t);
    assert.deepEqual(heard.slice(0, 3000), [...(tone(0, 100)[0] ?? [])].slice(0, 3000));
    assert.equal(buffer.gaps, 0);
  });

  it('waits in silence for sound that is due later', () => {
    const buffer = new SoundBuffer(RATE, 1);
    buffer.write(0, tone(0, 100));
    const heard = play(buffer, 90, (t) => t - 50);
    const begins = heard.findIndex((sample) => sample !== 0);
    // To within what is not worth a correction, 8 ms, and a quantum.
    assert.ok(Math.abs(begins - 0.05 * RATE) <= 0.008 * RATE + QUANTUM, `begins at ${begins}`);
  });

  it('hurries when late: ends in time, without a click, at the same pitch', () => {
    const buffer = new SoundBuffer(RATE, 1);
    for (let pts = 0; pts < 1500; pts += 20) buffer.write(pts, tone(pts, 20));
    // 60 ms late at first.
    const heard = play(buffer, 1200, (t) => t + 60);
    const late = 1200 + 60 - (buffer.position ?? 0);
    assert.ok(Math.abs(late) < 12, `is still ${late} ms late`);
    assert.ok(largestStep(heard) < 0.045, `a click of ${largestStep(heard)}`);
    const crossings = heard.filter((sample, i) => i > 0 && sample >= 0 && (heard[i - 1] ?? 0) < 0);
    assert.ok(Math.abs(crossings.length - 200 * 1.2) <= 4, `${crossings.length} periods in 1.2 s`);
  });

  it('waits when early, without a click', () => {
    const buffer = new SoundBuffer(RATE, 1);
    for (let pts = 0; pts < 1500; pts += 20) buffer.write(pts, tone(pts, 20));
    play(buffer, 100, (t) => t);
    const heard = play(buffer, 900, (t) => t + 100 - 60);
    const early = (buffer.position ?? 0) - (900 + 100 - 60);
    assert.ok(Math.abs(early) < 12, `is still ${early} ms early`);
    assert.ok(largestStep(heard) < 0.045);
  });

  it('never hurries by more than a tenth', () => {
    const buffer = new SoundBuffer(RATE, 1);
    for (let pts = 0; pts < 2000; pts += 20) buffer.write(pts, tone(pts, 20));
    play(buffer, 500, (t) => t + 250);
    assert.ok((buffer.position ?? 0) <= 500 * 1.12 + 12, `${buffer.position}`);
  });

  it('jumps when far behind', () => {
    const buffer = new SoundBuffer(RATE, 1);
    for (let pts = 0; pts < 1500; pts += 20) buffer.write(pts, tone(pts, 20));
    play(buffer, 10, (t) => t + 1000);
    assert.ok((buffer.position ?? 0) >= 1000);
  });

  it('keeps the place of sound after a loss', () => {
    const buffer = new SoundBuffer(RATE, 1);
    buffer.write(0, tone(0, 20));
    buffer.write(100, tone(100, 20));
    assert.equal(Math.round(buffer.held), 120);
    assert.equal(Math.round(buffer.position ?? -1), 0);
  });

  it('does not take rounded time stamps for losses', () => {
    const buffer = new SoundBuffer(RATE, 1);
    for (let n = 0; n < 50; n += 1) {
      buffer.write(Math.floor((n * 1024_000) / RATE), [new Float32Array(1024)]);
    }
    assert.ok(Math.abs(buffer.held - (50 * 1024_000) / RATE) < 0.001);
  });

  it('starts anew after a jump in time', () => {
    const buffer = new SoundBuffer(RATE, 1);
    buffer.write(0, tone(0, 100));
    buffer.write(60_000, tone(0, 20));
    assert.equal(Math.round(buffer.position ?? 0), 60_000);
    assert.equal(Math.round(buffer.held), 20);
  });

  it('counts a gap once, and none before the first sound', () => {
    const buffer = new SoundBuffer(RATE, 1);
    play(buffer, 50, (t) => t);
    assert.equal(buffer.gaps, 0);
    buffer.write(0, tone(0, 20));
    play(buffer, 60, (t) => t);
    assert.equal(buffer.gaps, 1);
  });

  it('holds no more than it may, and loses the oldest', () => {
    const buffer = new SoundBuffer(RATE, 1, 1 << 14);
    for (let pts = 0; pts < 2000; pts += 20) buffer.write(pts, tone(pts, 20));
    assert.ok(buffer.held <= ((1 << 14) * 1000) / RATE);
    assert.ok((buffer.position ?? 0) > 1600);
  });

  it('plays channels side by side, and one channel in both ears', () => {
    const stereo = new SoundBuffer(RATE, 2);
    stereo.write(0, [new Float32Array(256).fill(0.5), new Float32Array(256).fill(-0.5)]);
    const output = [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];
    stereo.play(output, 0);
    assert.deepEqual([output[0]?.[5], output[1]?.[5]], [0.5, -0.5]);
    const mono = new SoundBuffer(RATE, 2);
    mono.write(0, [new Float32Array(256).fill(0.25)]);
    mono.play(output, 0);
    assert.deepEqual([output[0]?.[5], output[1]?.[5]], [0.25, 0.25]);
  });
});
