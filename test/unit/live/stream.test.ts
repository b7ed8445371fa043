import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Stream } from '../../../gateway/live/stream.ts';
import type { Packet } from '../../../shared/media.ts';
import { audio, data, video } from './packets.ts';

const limits = { frames: 100, bytes: 100_000, duration: 10_000_000 };
const live = (): Stream => {
  const stream = new Stream('lesson', () => limits);
  stream.begin(1234);
  return stream;
};

suite('stream', () => {
  test('hands each packet to each consumer, in order, until it unsubscribes', () => {
    const stream = live();
    const first: Packet[] = [];
    const second: Packet[] = [];
    stream.subscribe({ packet: (packet) => first.push(packet) });
    const stop = stream.subscribe({ packet: (packet) => second.push(packet) });
    const packets = [data(0), video(0, 'key'), audio(5)];
    for (const packet of packets) stream.push(packet);
    stop();
    stream.push(video(40));
    assert.deepEqual(first.slice(0, 3), packets);
    assert.equal(first.length, 4);
    assert.deepEqual(second, packets);
  });

  test('a consumer may leave while packets are handed round', () => {
    const stream = live();
    let rest = 0;
    const stop = stream.subscribe({ packet: () => stop() });
    stream.subscribe({ packet: () => rest++ });
    stream.push(video(0, 'key'));
    stream.push(video(40));
    assert.equal(rest, 2);
  });

  test('keeps what joiners need: metadata, set-up of each track (picture first), the GOP', () => {
    const stream = live();
    const metadata = data(0);
    const sound = audio(0, 'config', 1);
    const picture = video(0, 'config', 2);
    const key = video(40, 'key');
    for (const packet of [metadata, sound, picture, key]) stream.push(packet);
    assert.equal(stream.metadata, metadata);
    assert.deepEqual(stream.tracks.configs, [picture, sound]);
    assert.deepEqual(stream.gop, [key]);
    assert.equal(stream.now, 40_000);
  });

  test('a changed configuration ends the GOP, the same one again does not', () => {
    const stream = live();
    stream.push(video(0, 'config', 1));
    stream.push(video(0, 'key'));
    stream.push(video(20, 'config', 1));
    assert.equal(stream.gop.length, 1);
    stream.push(audio(30, 'config', 9));
    assert.equal(stream.gop.length, 1, 'a late track is no change');
    stream.push(video(40, 'config', 2));
    assert.equal(stream.gop.length, 0);
  });

  test('is ready at its first key frame', () => {
    const stream = live();
    stream.push(video(0, 'config'));
    stream.push(audio(0, 'key'));
    stream.push(video(10, 'delta'));
    assert.equal(stream.ready, false);
    stream.push(video(20, 'key'));
    assert.equal(stream.ready, true);
  });

  test('is ready with sound alone after a second without a picture', () => {
    const stream = live();
    stream.push(audio(100, 'config'));
    stream.push(audio(100));
    stream.push(audio(1099));
    assert.equal(stream.ready, false);
    stream.push(audio(1100));
    assert.equal(stream.ready, true);
  });

  test('counts what comes in by kind', () => {
    const stream = live();
    for (const packet of [data(0), video(0, 'config'), video(0, 'key'), audio(0), audio(20)]) {
      stream.push(packet);
    }
    assert.deepEqual(stream.counters, {
      videoBytes: 20,
      audioBytes: 8,
      dataBytes: 3,
      videoFrames: 1,
      audioFrames: 2,
    });
  });

  test('tells each change of state once; a new publisher starts clean', () => {
    const stream = new Stream('lesson', () => limits);
    const states: string[] = [];
    let breaks = 0;
    stream.subscribe({
      packet() {},
      state: (state) => states.push(state),
      discontinuity: () => breaks++,
    });
    stream.begin(1);
    stream.push(video(0, 'config'));
    stream.push(video(0, 'key'));
    stream.interrupt();
    stream.begin(2);
    assert.equal(stream.since, 2);
    assert.deepEqual(stream.tracks.all, []);
    assert.deepEqual(stream.gop, []);
    assert.equal(stream.ready, false);
    stream.end();
    stream.end();
    assert.deepEqual(states, ['live', 'interrupted', 'live', 'ended']);
    assert.equal(breaks, 2);
  });

  test('a clock that jumps is a discontinuity', () => {
    const stream = live();
    const order: string[] = [];
    stream.subscribe({
      packet: ({ dts }) => order.push(String(dts / 1000)),
      discontinuity: () => order.push('break'),
    });
    for (const raw of [0, 40, 900_000]) {
      const dts = stream.timeline.map(raw, 1);
      stream.push({ ...video(0, 'key'), dts, pts: dts });
    }
    assert.deepEqual(order, ['0', '40', 'break', '80']);
  });
});
