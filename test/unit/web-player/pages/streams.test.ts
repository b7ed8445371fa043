import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StatStream } from '../../../../shared/stat.ts';
import { formatOf, liveStreams } from '../../../../web-player/src/pages/streams.ts';

const stream = (change: Partial<StatStream> = {}): StatStream => ({
  name: 'lesson',
  active: true,
  publishing: true,
  time: 60_000,
  bw_in: 700_000,
  bw_out: 0,
  bw_audio: 64_000,
  bw_video: 636_000,
  bytes_in: 0,
  bytes_out: 0,
  viewers: { 'ws-flv': 2, webrtc: 3 },
  video: {
    codec: 'h264',
    profile: 'High 3.1',
    width: 1280,
    height: 720,
    frameRate: 24.98,
    keyFrameInterval: 2,
    bFrames: false,
    variableFrameRate: false,
  },
  audio: { codec: 'aac', profile: 'LC', sampleRate: 48_000, channels: 2, gaps: 0, drift: 0 },
  warnings: [],
  ...change,
});

const only = (change?: Partial<StatStream>) => {
  const [first] = liveStreams({ now: 0, live: [stream(change)] });
  assert.ok(first);
  return first;
};

describe('live streams', () => {
  it('are those that are published, by name, with all viewers counted', () => {
    const found = liveStreams({
      now: 0,
      live: [
        stream({ name: 'b' }),
        stream({ name: 'waiting', publishing: false }),
        stream({ name: 'a' }),
      ],
    });
    assert.deepEqual(
      found.map(({ name, viewers }) => [name, viewers]),
      [
        ['a', 5],
        ['b', 5],
      ],
    );
  });

  it('are none in a report without a live part', () => {
    assert.deepEqual(liveStreams({ now: 0 }), []);
  });
});

describe('a stream in words', () => {
  it('names size, codecs and frame rate', () => {
    assert.deepEqual(formatOf(only()), ['1280 × 720', 'H.264', '25 fps', 'AAC']);
  });

  it('leaves out what is not known', () => {
    const video = {
      codec: 'x',
      profile: null,
      width: null,
      height: null,
      frameRate: null,
      keyFrameInterval: null,
      bFrames: false,
      variableFrameRate: false,
    };
    assert.deepEqual(formatOf(only({ video, audio: null })), ['x']);
    assert.deepEqual(formatOf(only({ video: null, audio: null })), []);
  });
});
