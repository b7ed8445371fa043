import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../../../gateway/live/stream.ts';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';
import { OutletPicture } from '../../../../gateway/servers/webrtc/outlet-picture.ts';
import { RtpClock } from '../../../../gateway/servers/webrtc/rtp-clock.ts';
import { TranscodeBudget } from '../../../../gateway/servers/webrtc/transcode-budget.ts';
import type { PacketRole, VideoCodec, VideoPacket } from '../../../../shared/media.ts';
import { AVC_CONFIG, numberedPicture } from '../../../helpers/numbered-publisher.ts';

const packet = (role: PacketRole, number: number, codec: VideoCodec = 'h264'): VideoPacket => {
  const payload = role === 'config' ? AVC_CONFIG : numberedPicture(number, role === 'key', 50);
  const time = number * 1_000_000;
  return { kind: 'video', codec, track: 0, role, dts: time, pts: time, payload, body: payload };
};

/** A picture that waits for its sound: one frame has gone, another is held. */
const create = (t: { after(undo: () => void): void }) => {
  const shown: number[] = [];
  let holdMs = 0;
  const picture = new OutletPicture({
    stream: new Stream('lesson', () => ({ frames: 100, bytes: 1e6, duration: 1e8 })),
    clock: new RtpClock(() => 0, 0),
    ffmpeg: undefined,
    budget: new TranscodeBudget(() => 0),
    warn: (message) => assert.fail(message),
    now: () => 0,
    hold: () => holdMs,
    onFrame: ({ pts }: Frame) => shown.push(pts / 1_000_000),
    onCodec: () => {},
    onRefused: () => {},
  });
  t.after(() => picture.close());
  picture.push(packet('config', 0));
  picture.push(packet('key', 0));
  holdMs = 8;
  picture.push(packet('delta', 1));
  assert.deepEqual(shown, [0]);
  return { picture, shown };
};

test('the last picture of a publisher that leaves is shown', (t) => {
  const { picture, shown } = create(t);
  picture.discontinuity();
  assert.deepEqual(shown, [0, 1]);
});

test('a picture that waits is dropped when the codec changes', (t) => {
  const { picture, shown } = create(t);
  picture.push(packet('config', 2, 'vp8'));
  picture.discontinuity();
  assert.deepEqual(shown, [0]);
});
