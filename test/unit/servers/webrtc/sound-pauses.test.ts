import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SoundPauses } from '../../../../gateway/servers/webrtc/sound-pauses.ts';

/** 20 ms of sound, of no sound, and of the silence that fills pauses. */
const SOUND = Buffer.from([0xfc, 1, 2, 3]);
const EMPTY = Buffer.from([0xfc]);
const SILENCE = Buffer.from([0xfc, 0xff, 0xfe]);

const create = () => {
  const heard: { readonly packet: Uint8Array; readonly ms: number }[] = [];
  const pauses = new SoundPauses((packet, ms) => heard.push({ packet, ms }));
  /** Sound each 20 ms, pictures each 40, from the one time to the other; all arrive at once. */
  const play = (from: number, to: number, sound: Buffer | undefined, hasPicture = true): void => {
    for (let ms = from; ms < to; ms += 20) {
      if (sound !== undefined) pauses.sound(sound, ms, ms);
      if (hasPicture && ms % 40 === 0) pauses.picture(ms, ms);
    }
  };
  /** All that was heard is one packet after the other. */
  const assertWhole = (): void =>
    heard.forEach(({ ms }, index) => assert.equal(ms, heard[0]!.ms + index * 20));
  const silence = (): number => heard.filter(({ packet }) => SILENCE.equals(packet)).length;
  return { pauses, heard, play, assertWhole, silence };
};

test('while sound comes nothing is added, be it early or late, be there pictures or not', () => {
  const { pauses, heard, play } = create();
  play(0, 1000, SOUND);
  play(1000, 5000, SOUND, false);
  play(5000, 6000, SOUND);
  for (let ms = 6000; ms < 7000; ms += 20) {
    if (ms % 40 === 0) pauses.picture(ms, ms);
    if (ms >= 6080) pauses.sound(SOUND, ms - 80, ms);
  }
  assert.ok(heard.every(({ packet }) => packet === SOUND));
});

test('a pause is silence up to little before the picture, and ends where the sound goes on', () => {
  const { heard, play, assertWhole, silence } = create();
  play(0, 1000, SOUND);
  play(1000, 4000, undefined);
  assert.ok(heard.at(-1)!.ms > 3880 && heard.at(-1)!.ms < 3980, `${heard.at(-1)!.ms}`);
  play(4000, 5000, SOUND);
  assert.equal(silence(), 150);
  assert.equal(heard.at(-1)!.packet, SOUND);
  assertWhole();
});

for (const [what, packet] of [
  ['without sound', EMPTY],
  ['of noise', SOUND],
] as const) {
  test(`packets ${what}, now and then, are a pause too`, () => {
    const { pauses, heard, play, assertWhole, silence } = create();
    play(0, 1000, SOUND);
    for (let ms = 1000; ms < 5000; ms += 40) {
      if (ms % 400 === 0) pauses.sound(packet, ms, ms);
      pauses.picture(ms, ms);
      if (ms > 1200) assert.ok(ms - heard.at(-1)!.ms <= 100, `${ms - heard.at(-1)!.ms} ms behind`);
    }
    play(5000, 5100, SOUND);
    assert.ok(silence() >= 190);
    assertWhole();
  });
}

test('a network that stands is no pause', () => {
  const { pauses, heard, play, assertWhole, silence } = create();
  play(0, 1000, SOUND);
  // All of a second comes at its end.
  for (let ms = 1000; ms < 2000; ms += 20) {
    pauses.sound(SOUND, ms, 2000);
    if (ms % 40 === 0) pauses.picture(ms, 2000);
  }
  play(2000, 3000, SOUND);
  assert.equal(silence(), 0);
  assert.equal(heard.length, 150);
  assertWhole();
});

test('of a standstill whose end a picture tells first, a second is filled at most', () => {
  const { pauses, play, silence } = create();
  play(0, 1000, SOUND);
  pauses.picture(11_000, 11_000);
  assert.ok(silence() <= 50);
  play(11_000, 12_000, SOUND);
  assert.ok(silence() <= 58);
});

test('sound that was only late is not heard where there was silence', () => {
  const { pauses, heard, play, assertWhole } = create();
  play(0, 1000, SOUND);
  play(1000, 1200, undefined);
  for (let ms = 1000; ms < 1200; ms += 20) pauses.sound(SOUND, ms, 1200);
  play(1200, 2000, SOUND);
  assertWhole();
  assert.equal(heard.length, 100);
});

test('long packets that come late are heard, and those after them', () => {
  // RFC 6716, 3.1: two frames of 60 ms.
  const long = Buffer.from([0x5d, 1, 2, 3]);
  const { pauses, heard, silence } = create();
  const late = (ms: number): number => (ms === 2400 ? 300 : ms % 360 === 0 ? 40 : 0);
  let before = 0;
  const arrivals = Array.from({ length: 100 }, (_, index) => {
    const ms = index * 120;
    before = Math.max(before, ms + 120 + late(ms)); // they come in order
    return { at: before, play: (at: number) => pauses.sound(long, ms, at) };
  });
  const pictures = Array.from({ length: 300 }, (_, index) => {
    return { at: index * 40, play: (at: number) => pauses.picture(at, at) };
  });
  const all = [...arrivals, ...pictures].sort((one, other) => one.at - other.at);
  for (const { at, play } of all) play(at);
  assert.ok(silence() * 20 <= 300, `${silence() * 20} ms of silence`);
  assert.ok(heard.length - silence() >= 97, `${heard.length - silence()} packets`);
  for (const [index, { ms }] of heard.entries()) assert.ok(ms >= (heard[index - 1]?.ms ?? 0));
});

test('a lost packet, which is waited for, is no pause', () => {
  const { pauses, heard, play, silence } = create();
  play(0, 1000, SOUND);
  for (let ms = 1000; ms < 1140; ms += 20) if (ms % 40 === 0) pauses.picture(ms, ms);
  for (let ms = 1020; ms < 1140; ms += 20) pauses.sound(SOUND, ms, 1140);
  play(1140, 2000, SOUND);
  assert.equal(silence(), 0);
  assert.equal(heard.length, 99);
});
