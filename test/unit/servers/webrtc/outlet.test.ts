import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../../../gateway/live/stream.ts';
import type { Frame } from '../../../../gateway/servers/webrtc/frame.ts';
import {
  RETURN_MS,
  StreamOutlet,
  type OutletViewer,
} from '../../../../gateway/servers/webrtc/outlet.ts';
import { tapOf } from '../../../../gateway/servers/webrtc/stream-tap.ts';
import { TranscodeBudget } from '../../../../gateway/servers/webrtc/transcode-budget.ts';
import type { AudioPacket, PacketRole, VideoCodec, VideoPacket } from '../../../../shared/media.ts';
import { AVC_CONFIG, numberedPicture } from '../../../helpers/numbered-publisher.ts';

const picture = (
  role: PacketRole,
  number: number,
  options: { offset?: number; codec?: VideoCodec; payload?: Uint8Array } = {},
): VideoPacket => {
  const payload =
    options.payload ??
    (role === 'config' ? AVC_CONFIG : numberedPicture(number, role === 'key', 50));
  const dts = number * 40_000;
  return {
    kind: 'video',
    codec: options.codec ?? 'h264',
    track: 0,
    role,
    dts,
    pts: dts + (options.offset ?? 0),
    payload,
    body: payload,
  };
};

const opus = (number: number): AudioPacket => {
  const payload = Buffer.from([0xf8, number]);
  const dts = number * 20_000;
  return {
    kind: 'audio',
    codec: 'opus',
    track: 0,
    role: 'key',
    dts,
    pts: dts,
    payload,
    body: payload,
  };
};

interface Watcher extends OutletViewer {
  readonly frames: Frame[];
  readonly events: string[];
  readonly reports: number[];
}

const watcher = (watches = true): Watcher => {
  const frames: Frame[] = [];
  const events: string[] = [];
  const reports: number[] = [];
  return {
    codec: watches ? 'h264' : undefined,
    takesShort: false,
    frames,
    events,
    reports,
    frame: (frame) => frames.push(frame),
    discontinuity: () => events.push('discontinuity'),
    reportIfDue: (unixMs) => reports.push(unixMs),
    streamEnded: () => events.push('ended'),
    unservable: (message) => events.push(message),
  };
};

const limits = () => ({ frames: 1000, bytes: 1e7, duration: 1e8 });

const create = (t: { after(undo: () => void): void }, before: readonly VideoPacket[] = []) => {
  let wall = 5000;
  const warnings: string[] = [];
  const stream = new Stream('lesson', limits);
  stream.begin(0);
  for (const packet of before) stream.push(packet);
  const outlet = new StreamOutlet(stream, {
    ffmpeg: undefined,
    budget: new TranscodeBudget(() => 1),
    clock: () => wall,
    wall: () => wall,
    warn: (message) => warnings.push(message),
  });
  t.after(() => outlet.close());
  return { stream, outlet, warnings, setWall: (value: number) => (wall = value) };
};

test('the cached GOP is there for the first viewer, packetised', (t) => {
  const { outlet } = create(t, [picture('config', 0), picture('key', 0), picture('delta', 1)]);
  assert.equal(outlet.mode, 'direct');
  assert.deepEqual(outlet.video, { codec: 'h264', profile: 0x4d });
  assert.deepEqual(
    outlet.recent.map(({ key, pts }) => [key, pts]),
    [
      [true, 0],
      [false, 40_000],
    ],
  );
});

test('every viewer gets the same frame; the GOP is kept for the next one', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const [a, b] = [watcher(), watcher()];
  outlet.join(a);
  outlet.join(b);
  stream.push(picture('delta', 1));
  stream.push(picture('key', 2));
  assert.equal(a.frames.length, 2);
  assert.equal(a.frames[0], b.frames[0]);
  assert.equal(outlet.recent.length, 1);
  outlet.leave(a);
  stream.push(picture('delta', 3));
  assert.equal(a.frames.length, 2);
  assert.equal(b.frames.length, 3);
  assert.equal(outlet.viewers, 1);
});

test('Opus passes through with its time', (t) => {
  const { stream, outlet, setWall } = create(t);
  const viewer = watcher();
  outlet.join(viewer);
  outlet.wantAudio();
  stream.push(opus(1));
  setWall(5020);
  stream.push(opus(2));
  const [first, second] = viewer.frames;
  assert.equal(first!.kind, 'audio');
  assert.deepEqual(Buffer.from(first!.payloads[0]!), Buffer.from([0xf8, 1]));
  assert.equal(second!.timestamp - first!.timestamp, 960);
});

test('sound that cannot be turned into Opus is told once', (t) => {
  const { stream, outlet, warnings } = create(t);
  outlet.wantAudio();
  for (const number of [1, 2, 3]) stream.push({ ...opus(number), codec: 'aac' });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /no sound: it is aac, and ffmpeg is not installed/);
});

test('B-frames without an encoder: refused, and frames of the past are not sent', (t) => {
  // The configuration of these tests says that there is no reordering: here there is none.
  const { outlet } = create(t, [picture('key', 0, { offset: 80_000 })]);
  assert.equal(outlet.mode, 'refused');
  assert.equal(outlet.wantVideo(), undefined);
  assert.equal(outlet.recent.length, 0);
});

test('B-frames that appear in the middle end the viewers with the reason', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  stream.push(picture('delta', 1, { offset: 80_000 }));
  stream.push(picture('delta', 2, { offset: -20_000 }));
  assert.match(viewer.events.at(-1)!, /B-frames/);
});

test('another codec in the middle ends the viewers, who were answered for the first', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  stream.push(picture('key', 1, { codec: 'vp9', payload: Buffer.alloc(20) }));
  assert.match(viewer.events[0]!, /changed to vp9/);
  assert.deepEqual(outlet.video?.codec, 'vp9');
});

test('a codec that browsers do not decode gives no video', (t) => {
  const { outlet } = create(t, [picture('key', 0, { codec: 'h263', payload: Buffer.alloc(9) })]);
  assert.equal(outlet.mode, 'none');
  assert.equal(outlet.video, undefined);
});

test('a malformed packet is left out with a warning', (t) => {
  const { stream, outlet, warnings } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  stream.push(picture('delta', 1, { payload: Buffer.from([0, 0, 9, 9, 1]) }));
  stream.push(picture('delta', 2));
  assert.equal(viewer.frames.length, 1);
  assert.match(warnings[0]!, /left out/);
});

test('a new publisher is a new beginning, in the same RTP time', (t) => {
  const { stream, outlet, setWall } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  stream.push(picture('delta', 1));
  stream.flush();
  stream.end();
  assert.deepEqual(viewer.events, ['discontinuity']);
  assert.equal(outlet.recent.length, 0);
  setWall(12_000);
  stream.begin(1);
  stream.push(picture('config', 2));
  stream.push(picture('key', 2));
  assert.ok(!viewer.events.includes('ended'));
  const [before, after] = viewer.frames;
  assert.equal(after!.timestamp - before!.timestamp, 7_000 * 90);
});

test('viewers wait for the next publisher a while, and leave when none comes', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  stream.end();
  t.mock.timers.tick(RETURN_MS - 1);
  stream.begin(1);
  t.mock.timers.tick(RETURN_MS);
  assert.ok(!viewer.events.includes('ended'));
  stream.interrupt();
  stream.end();
  t.mock.timers.tick(RETURN_MS);
  assert.equal(viewer.events.at(-1), 'ended');
});

test('a publisher with another codec ends those who were answered for the first', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const [watching, listening] = [watcher(), watcher(false)];
  outlet.join(watching);
  outlet.join(listening);
  stream.push(picture('delta', 1));
  stream.end();
  stream.begin(1);
  stream.push(picture('key', 2, { codec: 'vp9', payload: Buffer.alloc(20) }));
  assert.match(watching.events.at(-1)!, /changed to vp9/);
  assert.equal(listening.events.at(-1), 'discontinuity');
});

test('a stream that had no picture at first ends viewers answered for another codec', (t) => {
  const { stream, outlet } = create(t);
  const viewer = watcher();
  outlet.join(viewer);
  stream.push(picture('key', 1, { codec: 'vp9', payload: Buffer.alloc(20) }));
  assert.match(viewer.events[0]!, /changed to vp9/);
});

test('Opus of a WHIP publisher goes past the AAC that is made of it', (t) => {
  const { stream, outlet, warnings } = create(t);
  const viewer = watcher();
  outlet.join(viewer);
  outlet.wantAudio();
  let asked = 0;
  const tap = tapOf(stream);
  tap.source = { hasOpus: true, requestKeyFrame: () => asked++ };
  tap.opus(Buffer.from([0xf8, 9]), 0);
  stream.push({ ...opus(1), codec: 'aac' });
  assert.deepEqual(
    viewer.frames.map(({ payloads }) => payloads[0]![1]),
    [9],
  );
  assert.deepEqual(warnings, []);
  outlet.requestKeyFrame();
  assert.equal(asked, 1);
});

test('sound of 10 ms goes to those who take it, in pairs to all others', (t) => {
  const { stream, outlet, setWall } = create(t);
  const [short, long] = [{ ...watcher(), takesShort: true }, watcher()];
  outlet.join(short);
  outlet.join(long);
  outlet.wantAudio();
  for (let number = 0; number < 4; number++) {
    setWall(5000 + number * 10);
    const payload = Buffer.from([0xf4, number]);
    stream.push({ ...opus(0), dts: number * 10_000, pts: number * 10_000, payload });
  }
  assert.deepEqual(
    short.frames.map(({ pts, bytes }) => [pts, bytes]),
    [0, 10_000, 20_000, 30_000].map((pts) => [pts, 2]),
  );
  assert.deepEqual(
    long.frames.map(({ pts, bytes }) => [pts, bytes]),
    [0, 20_000].map((pts) => [pts, 3]),
  );
});

test('the answer’s mark belongs to the frames that follow', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  const { rtp, ms } = outlet.mediaTime;
  assert.equal(ms, 0);
  stream.push(picture('delta', 3));
  assert.equal(viewer.frames[0]!.timestamp - rtp, 120 * 90);
});

test('reports follow the wall clock at which packets arrive', (t) => {
  const { stream, outlet, setWall } = create(t, [picture('config', 0), picture('key', 0)]);
  const viewer = watcher();
  outlet.join(viewer);
  setWall(6000);
  stream.push(picture('delta', 1));
  stream.flush();
  assert.equal(viewer.reports[0], 6000);
  // One packet that came late moves the clock by a hundredth only.
  setWall(6140);
  stream.push(picture('delta', 2));
  stream.flush();
  assert.ok(Math.abs(viewer.reports[1]! - 6041) < 0.01, `${viewer.reports[1]}`);
});

test('the media rate is measured in stream time', (t) => {
  const { stream, outlet } = create(t, [picture('config', 0)]);
  for (let number = 0; number < 110; number++)
    stream.push(picture(number % 50 ? 'delta' : 'key', number));
  assert.ok(outlet.mediaRate > 5_000 && outlet.mediaRate < 50_000, `${outlet.mediaRate}`);
});

test('sound that does not fit a datagram is left out, which is told once', (t) => {
  const { stream, outlet, warnings, setWall } = create(t);
  const viewer = watcher();
  outlet.join(viewer);
  t.after(outlet.wantAudio());
  stream.push({ ...opus(1), payload: Buffer.alloc(1300, 0xf8) });
  setWall(5020);
  stream.push({ ...opus(2), payload: Buffer.alloc(1300, 0xf8) });
  assert.deepEqual(viewer.frames, []);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /an Opus packet of 1300 bytes/);
  setWall(5040);
  stream.push(opus(3));
  assert.equal(viewer.frames.length, 1);
});
