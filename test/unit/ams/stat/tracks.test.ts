import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { statAudio, statVideo } from '../../../../gateway/ams/stat/tracks.ts';
import { fakeStream } from '../../../helpers/fake-streams.ts';

const figures = {
  keyFrameInterval: 1,
  keyFrameWait: 1,
  bFrames: false,
  variableFrameRate: true,
  gaps: 2,
  gapsOfLate: true,
  drift: -12,
};

suite('tracks in stat', () => {
  test('codec, profile, size, measured frame rate', () => {
    assert.deepEqual(statVideo(fakeStream('x'), 24.96, figures), {
      codec: 'h264',
      profile: 'High 1.2',
      width: 320,
      height: 180,
      frameRate: 25,
      keyFrameInterval: 1,
      bFrames: false,
      variableFrameRate: true,
    });
    assert.deepEqual(statAudio(fakeStream('x'), figures), {
      codec: 'aac',
      profile: 'LC',
      sampleRate: 44_100,
      channels: 2,
      gaps: 2,
      drift: -12,
    });
  });

  test('what is not known is null; what is not there is null', () => {
    const stream = fakeStream('x');
    const bare = { ...stream, tracks: { all: [] } };
    assert.equal(statVideo(bare, 0, figures), null);
    assert.equal(statAudio(bare, figures), null);
    const mp3 = { kind: 'audio', number: 0, codec: 'mp3', config: undefined } as const;
    assert.deepEqual(statAudio({ ...stream, tracks: { all: [mp3] } }, figures), {
      codec: 'mp3',
      profile: null,
      sampleRate: null,
      channels: null,
      gaps: 2,
      drift: -12,
    });
    assert.equal(statVideo(stream, 0, figures)?.frameRate, null);
  });
});
