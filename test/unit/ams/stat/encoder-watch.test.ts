import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EncoderMeter, watchEncoders } from '../../../../gateway/ams/stat/encoder-watch.ts';
import type { AudioPacket, PacketRole, VideoPacket } from '../../../../shared/media.ts';
import { AAC_CONFIG } from '../../../helpers/crafted-media.ts';
import { fakeHub, fakeStream } from '../../../helpers/fake-streams.ts';

const bytes = new Uint8Array();

const video = (role: PacketRole, ms: number, { track = 0, shown = ms } = {}): VideoPacket => ({
  kind: 'video',
  codec: 'h264',
  role,
  track,
  dts: ms * 1000,
  pts: shown * 1000,
  payload: bytes,
  body: bytes,
});

const audio = (role: 'config' | 'key', ms: number, payload: Uint8Array = bytes): AudioPacket => ({
  kind: 'audio',
  codec: 'aac',
  role,
  track: 0,
  dts: Math.round(ms) * 1000,
  pts: Math.round(ms) * 1000,
  payload,
  body: bytes,
});

/** A frame of AAC at 44.1 kHz, ms. */
const FRAME = (1024 * 1000) / 44_100;

function sound(meter: EncoderMeter, count: number, at: (index: number) => number): void {
  meter.packet(audio('config', 0, AAC_CONFIG));
  for (let index = 0; index < count; index++) meter.packet(audio('key', at(index)));
}

suite('the picture of a publisher', () => {
  test('the time between the last two key frames of the default track', () => {
    const stream = fakeStream('x');
    const watch = watchEncoders(fakeHub([stream]));
    const interval = () => watch.of(stream).keyFrameInterval;
    assert.equal(interval(), null);
    stream.emit(video('config', 0));
    stream.emit(video('key', 0));
    stream.emit(video('delta', 40));
    assert.equal(interval(), null);
    stream.emit(video('key', 1000, { track: 1 }));
    stream.emit(video('key', 2000));
    assert.equal(interval(), 2);
    stream.emit(video('key', 3500));
    assert.equal(interval(), 1.5);
    assert.equal(watch.of(stream).keyFrameWait, 1.5);
    stream.emit(video('delta', 9500));
    assert.equal(watch.of(stream).keyFrameWait, 6, 'one that does not come is waited for');
  });

  test('a new publisher begins anew; streams that come later are watched too', () => {
    const hub = fakeHub([]);
    const watch = watchEncoders(hub);
    const stream = fakeStream('later');
    assert.equal(watch.of(stream).keyFrameInterval, null);
    hub.open(stream);
    stream.emit(video('key', 0));
    stream.emit(video('key', 1000));
    assert.equal(watch.of(stream).keyFrameInterval, 1);
    stream.restart();
    assert.equal(watch.of(stream).keyFrameInterval, null);
    stream.emit(video('key', 9000));
    assert.equal(watch.of(stream).keyFrameInterval, null);
  });

  test('B-frames are seen by their order, and forgotten when they stay away', () => {
    const meter = new EncoderMeter();
    meter.packet(video('key', 0, { shown: 80 }));
    meter.packet(video('delta', 40, { shown: 200 }));
    assert.equal(meter.figures.bFrames, false, 'a delay alone is none');
    meter.packet(video('disposable', 80, { shown: 120 }));
    assert.equal(meter.figures.bFrames, true);
    for (let ms = 200; ms < 11_000; ms += 40) meter.packet(video('delta', ms));
    assert.equal(meter.figures.bFrames, false);
  });

  test('a frame rate varies where many frames come off their time, not where one does', () => {
    const steady = new EncoderMeter();
    for (let n = 0; n < 1500; n++) {
      // 30 frames a second in whole ms, one frame skipped every two seconds, and one long pause.
      if (n % 60 === 7) continue;
      steady.packet(video('delta', Math.round((n * 1000) / 30) + (n > 500 ? 900 : 0)));
    }
    assert.equal(steady.figures.variableFrameRate, false);
    const varying = new EncoderMeter();
    let ms = 0;
    for (let n = 0; n < 600; n++) {
      varying.packet(video('delta', ms));
      ms += [33, 33, 100, 67][n % 4]!;
    }
    assert.equal(varying.figures.variableFrameRate, true);
  });
});

suite('the sound of a publisher', () => {
  test('whole sound has neither gaps nor drift, though its times are whole ms', () => {
    const meter = new EncoderMeter();
    sound(meter, 2000, (index) => index * FRAME);
    assert.deepEqual(
      [meter.figures.gaps, meter.figures.gapsOfLate, Math.abs(meter.figures.drift!) <= 6],
      [0, false, true],
    );
  });

  test('missing sound is a gap, for a minute; it is no drift', () => {
    const meter = new EncoderMeter();
    sound(meter, 1000, (index) => index * FRAME + (index > 300 ? 500 : 0));
    assert.deepEqual([meter.figures.gaps, meter.figures.gapsOfLate], [1, true]);
    assert.ok(Math.abs(meter.figures.drift!) <= 6, `${meter.figures.drift} ms a minute`);
    sound(meter, 2700, (index) => (1000 + index) * FRAME + 500);
    assert.deepEqual([meter.figures.gaps, meter.figures.gapsOfLate], [1, false]);
  });

  test('time stamps that run faster than the samples drift', () => {
    const meter = new EncoderMeter();
    sound(meter, 1000, (index) => index * FRAME * 1.02);
    assert.ok(Math.abs(meter.figures.drift! - 1200 / 1.02) < 30, `${meter.figures.drift}`);
  });

  test('a codec whose frames have no known length is not judged', () => {
    const meter = new EncoderMeter();
    for (const ms of [0, 26, 900]) {
      meter.packet({ ...audio('key', ms), codec: 'mp3' });
    }
    assert.deepEqual([meter.figures.gaps, meter.figures.drift], [0, null]);
  });

  test('a broken configuration is none', () => {
    const meter = new EncoderMeter();
    meter.packet(audio('config', 0, new Uint8Array(1)));
    meter.packet(audio('key', 0));
    assert.equal(meter.figures.drift, null);
  });
});
