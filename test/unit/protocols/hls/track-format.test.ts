import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AudioPacket, MediaPacket, VideoPacket } from '../../../../shared/media.ts';
import {
  frameTime,
  hlsCarries,
  trackFormat,
} from '../../../../gateway/protocols/hls/track-format.ts';
import { aac, aacConfig, avc, avcConfig, OPUS_CONFIG } from '../../../helpers/crafted-media.ts';

const audio = (codec: AudioPacket['codec'], payload: Uint8Array): AudioPacket => ({
  ...aac(0),
  codec,
  payload,
});
const video = (codec: VideoPacket['codec'], payload: Uint8Array): VideoPacket => ({
  ...avc(0, 'key'),
  codec,
  payload,
});

describe('video', () => {
  test('H.264 is known by its configuration', () => {
    assert.deepEqual(trackFormat(avcConfig(), avc(0, 'key')), {
      kind: 'video',
      codec: 'h264',
      config: avcConfig().payload,
      codecString: 'avc1.64000c',
      width: 320,
      height: 180,
      frameRate: 25,
    });
  });

  test('H.264 without configuration, or with a broken one, is not known', () => {
    assert.equal(trackFormat(undefined, avc(0, 'key')), undefined);
    const broken = { ...avcConfig(), payload: Uint8Array.of(1, 2, 3) };
    assert.equal(trackFormat(broken, avc(0, 'key')), undefined);
  });

  test('VP9 tells its size in a key frame', () => {
    const config = video('vp9', Buffer.from('000a8202020200' + '00', 'hex'));
    // frame marker 2, profile 0, key frame, shown; sync code; colour space 2; 639 × 359
    const frame = video('vp9', Buffer.from('82498342' + '4027f0167' + '00000', 'hex'));
    const format = trackFormat(config, frame);
    assert.ok(format?.kind === 'video');
    assert.deepEqual([format.width, format.height], [640, 360]);
    assert.equal(format.codecString, 'vp09.00.10.08');
  });
});

describe('audio', () => {
  test('AAC is known by its configuration, and with it what a frame takes', () => {
    const format = trackFormat(aacConfig(), aac(0));
    assert.ok(format?.kind === 'audio');
    assert.equal(format.codecString, 'mp4a.40.2');
    assert.deepEqual([format.sampleRate, format.channels], [44_100, 2]);
    assert.equal(frameTime(format, aac(0).payload), (1024 * 1e6) / 44_100);
  });

  test('MP3 is known by its frame', () => {
    // MPEG-1 layer III, 64 kbit/s, 44.1 kHz, mono
    const frame = audio('mp3', Buffer.from('fffb50c0', 'hex'));
    const format = trackFormat(undefined, frame);
    assert.ok(format?.kind === 'audio');
    assert.deepEqual([format.sampleRate, format.channels, format.config.length], [44_100, 1, 0]);
    assert.equal(frameTime(format, frame.payload), (1152 * 1e6) / 44_100);
    assert.equal(trackFormat(undefined, audio('mp3', Buffer.from('00000000', 'hex'))), undefined);
  });

  test('Opus tells in each frame what it takes', () => {
    const config = audio('opus', OPUS_CONFIG);
    const format = trackFormat(config, config)!;
    assert.equal(format.codecString, 'opus');
    assert.equal(frameTime(format, Uint8Array.of(0xfc)), 20_000); // CELT, 20 ms
    assert.equal(frameTime(format, Uint8Array.of(0xe0)), 2500); // CELT, 2.5 ms
    assert.equal(frameTime(format, new Uint8Array(0)), 0);
  });

  test('FLAC of blocks of one size has frames of one length', () => {
    const info = (min: number, max: number) => {
      const bytes = Buffer.alloc(34);
      bytes.writeUInt16BE(min, 0);
      bytes.writeUInt16BE(max, 2);
      bytes.writeUInt32BE((48_000 << 12) | (1 << 9) | (15 << 4), 10); // stereo, 16 bits
      return audio('flac', bytes);
    };
    const fixed = trackFormat(info(4800, 4800), info(4800, 4800))!;
    assert.equal(frameTime(fixed, new Uint8Array(1)), 100_000);
    const varying = trackFormat(info(16, 4800), info(16, 4800))!;
    assert.equal(frameTime(varying, new Uint8Array(1)), 0);
  });

  test('a configuration of another codec does not count', () => {
    assert.equal(trackFormat(audio('opus', OPUS_CONFIG), aac(0)), undefined);
  });
});

test('codecs that HLS has no place for are told apart', () => {
  const codecs: MediaPacket['codec'][] = [
    'h264',
    'hevc',
    'av1',
    'vp9',
    'aac',
    'mp3',
    'opus',
    'flac',
  ];
  assert.ok(codecs.every(hlsCarries));
  const others: MediaPacket['codec'][] = ['vp6', 'h263', 'vp8', 'speex', 'g711a', 'nellymoser'];
  assert.ok(!others.some(hlsCarries));
  assert.equal(trackFormat(undefined, audio('speex', new Uint8Array(10))), undefined);
});
