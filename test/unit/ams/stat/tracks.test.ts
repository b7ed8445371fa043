import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { statAudio, statVideo, watchKeyFrames } from '../../../../gateway/ams/stat/tracks.ts';
import type { PacketRole, VideoPacket } from '../../../../shared/media.ts';
import { fakeHub, fakeStream } from '../../../helpers/fake-streams.ts';

const video = (role: PacketRole, ms: number, track = 0): VideoPacket => ({
  kind: 'video',
  codec: 'h264',
  role,
  track,
  dts: ms * 1000,
  pts: ms * 1000,
  payload: new Uint8Array(),
  body: new Uint8Array(),
});

suite('tracks in stat', () => {
  test('codec, profile, size, measured frame rate', () => {
    assert.deepEqual(statVideo(fakeStream('x'), 24.96, 1.0004), {
      codec: 'h264',
      profile: 'High 1.2',
      width: 320,
      height: 180,
      frameRate: 25,
      keyFrameInterval: 1,
    });
    assert.deepEqual(statAudio(fakeStream('x')), {
      codec: 'aac',
      profile: 'LC',
      sampleRate: 44_100,
      channels: 2,
    });
  });

  test('what is not known is null; what is not there is null', () => {
    const stream = fakeStream('x');
    const bare = { ...stream, tracks: { all: [] } };
    assert.equal(statVideo(bare, 0, null), null);
    assert.equal(statAudio(bare), null);
    const mp3 = { kind: 'audio', number: 0, codec: 'mp3', config: undefined } as const;
    assert.deepEqual(statAudio({ ...stream, tracks: { all: [mp3] } }), {
      codec: 'mp3',
      profile: null,
      sampleRate: null,
      channels: null,
    });
    assert.equal(statVideo(stream, 0, null)?.frameRate, null);
  });

  test('the time between the last two key frames of the default track', () => {
    const stream = fakeStream('x');
    const intervals = watchKeyFrames(fakeHub([stream]));
    assert.equal(intervals.of(stream), null);
    stream.emit(video('config', 0));
    stream.emit(video('key', 0));
    stream.emit(video('delta', 40));
    assert.equal(intervals.of(stream), null);
    stream.emit(video('key', 1000, 1));
    stream.emit(video('key', 2000));
    assert.equal(intervals.of(stream), 2);
    stream.emit(video('key', 3500));
    assert.equal(intervals.of(stream), 1.5);
  });

  test('a new publisher begins anew; streams that come later are watched too', () => {
    const hub = fakeHub([]);
    const intervals = watchKeyFrames(hub);
    const stream = fakeStream('later');
    hub.open(stream);
    stream.emit(video('key', 0));
    stream.emit(video('key', 1000));
    assert.equal(intervals.of(stream), 1);
    stream.restart();
    assert.equal(intervals.of(stream), null);
    stream.emit(video('key', 9000));
    assert.equal(intervals.of(stream), null);
  });
});
