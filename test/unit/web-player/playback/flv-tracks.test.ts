import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { audioBody, videoBody } from '../../../../gateway/protocols/flv/tag-body.ts';
import { flvHeader, tagSize, writeTag } from '../../../../gateway/protocols/flv/tag-writer.ts';
import { FlvTracks } from '../../../../web-player/src/playback/flv-tracks.ts';

const payload = Buffer.from([0, 0, 0, 1, 0x65]);
const header = flvHeader({ audio: true, video: true });
const tag = (type: 'audio' | 'video', time: number, body: Buffer) => {
  const bytes = Buffer.alloc(tagSize(body.length));
  writeTag(bytes, 0, type, time, body);
  return bytes;
};
const picture = (time: number) =>
  tag('video', time, videoBody({ codec: 'h264', role: 'key', payload, compositionTime: 0 }));
const sound = (time: number) =>
  tag('audio', time, audioBody({ codec: 'aac', role: 'key', payload }));
const soundConfig = tag('audio', 0, audioBody({ codec: 'aac', role: 'config', payload }));

describe('the tracks of an FLV stream', () => {
  it('are known at once when frames of both kinds have come', () => {
    const tracks = new FlvTracks();
    tracks.look(header, 0);
    assert.equal(tracks.present, undefined);
    tracks.look(Buffer.concat([soundConfig, picture(5000), sound(5010)]), 1);
    assert.deepEqual(tracks.present, { audio: true, video: true });
    assert.equal(tracks.firstTime, 0);
  });

  it('are one kind when the other, though announced, does not come', () => {
    const tracks = new FlvTracks();
    tracks.look(Buffer.concat([header, soundConfig, picture(40)]), 0);
    for (let now = 40; now < 400; now += 40) {
      tracks.look(picture(now + 40), now);
      assert.equal(tracks.present, undefined);
    }
    tracks.look(picture(480), 440);
    assert.deepEqual(tracks.present, { audio: false, video: true });
    assert.equal(tracks.changed, false);
  });

  it('change when sound begins later', () => {
    const tracks = new FlvTracks();
    tracks.look(Buffer.concat([header, picture(0)]), 0);
    tracks.look(picture(500), 500);
    tracks.look(sound(540), 540);
    assert.equal(tracks.changed, true);
  });

  it('change when the sound ends, not when it is late', () => {
    const tracks = new FlvTracks();
    tracks.look(Buffer.concat([header, picture(0), sound(0)]), 0);
    for (let time = 40; time <= 1500; time += 40) tracks.look(picture(time), time);
    assert.equal(tracks.changed, false);
    tracks.look(picture(1540), 1540);
    assert.equal(tracks.changed, true);
  });

  it('count the pictures', () => {
    const tracks = new FlvTracks();
    tracks.look(Buffer.concat([header, soundConfig, picture(0), sound(0), picture(40)]), 0);
    assert.equal(tracks.pictures, 2);
  });

  it('leave broken bytes to the player that gets them', () => {
    const tracks = new FlvTracks();
    tracks.look(Buffer.from('this is not FLV at all'), 0);
    assert.deepEqual(tracks.present, { audio: true, video: true });
  });
});
