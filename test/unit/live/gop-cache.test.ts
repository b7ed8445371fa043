import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { GopCache } from '../../../gateway/live/gop-cache.ts';
import { audio, data, video } from './packets.ts';

const limits = { frames: 100, bytes: 1000, duration: 10_000_000 };

suite('GOP cache', () => {
  test('holds what came since the last key frame', () => {
    const cache = new GopCache(() => limits);
    cache.push(video(0, 'key'));
    cache.push(audio(10));
    const key = video(40, 'key');
    const after = [key, audio(50), video(80), data(80, 'onCuePoint')];
    for (const packet of after) cache.push(packet);
    assert.deepEqual(cache.packets, after);
    assert.equal(cache.bytes, 10 + 4 + 10 + 3);
  });

  test('leaves out pictures before the first key frame, keeps the sound that came with it', () => {
    const cache = new GopCache(() => limits);
    const sound = audio(0);
    const key = video(20, 'key');
    cache.push(video(0));
    cache.push(sound);
    cache.push(key);
    assert.deepEqual(cache.packets, [sound, key]);
  });

  test('of sound alone it keeps half a second, however long it runs', () => {
    const cache = new GopCache(() => ({ ...limits, frames: 30 }));
    for (let ms = 0; ms < 60_000; ms += 20) cache.push(audio(ms));
    assert.equal(cache.packets[0]!.dts, 59_980_000 - 500_000);
    assert.equal(cache.packets.length, 26);
    assert.equal(cache.bytes, 26 * 4);
  });

  for (const [what, limit] of [
    ['frames', { ...limits, frames: 5 }],
    ['bytes', { ...limits, bytes: 55 }],
    ['duration', { ...limits, duration: 199_000 }],
  ] as const) {
    test(`a GOP beyond its limit of ${what} is given up until the next key frame`, () => {
      const cache = new GopCache(() => limit);
      cache.push(video(0, 'key'));
      for (let frame = 1; frame <= 4; frame++) cache.push(video(frame * 40));
      assert.equal(cache.packets.length, 5);
      cache.push(video(200));
      cache.push(audio(210));
      cache.push(video(240));
      assert.deepEqual(cache.packets, []);
      assert.equal(cache.bytes, 0);
      cache.push(video(280, 'key'));
      assert.equal(cache.packets.length, 1);
    });
  }
});
