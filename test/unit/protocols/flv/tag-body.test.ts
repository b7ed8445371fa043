import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { audioBody, videoBody } from '../../../../gateway/protocols/flv/tag-body.ts';
import type { AudioBodyInput, VideoBodyInput } from '../../../../gateway/protocols/flv/tag-body.ts';
import { parseAudioTag } from '../../../../shared/flv/audio-tag.ts';
import { parseVideoTag } from '../../../../shared/flv/video-tag.ts';
import { hex } from '../../../helpers/hex.ts';

const payload = hex('0102');

function video(input: Partial<VideoBodyInput>): Uint8Array {
  return new Uint8Array(
    videoBody({ codec: 'h264', role: 'key', compositionTime: 0, payload, ...input }),
  );
}

function audio(input: Partial<AudioBodyInput>): Uint8Array {
  return new Uint8Array(audioBody({ codec: 'aac', role: 'key', payload, ...input }));
}

suite('video', () => {
  test('H.264 has the legacy header', () => {
    assert.deepEqual(video({ role: 'config', compositionTime: 5000 }), hex('17 00 000000 0102'));
    assert.deepEqual(video({ compositionTime: 40_400 }), hex('17 01 000028 0102'));
    assert.deepEqual(video({ role: 'delta', compositionTime: -40_000 }), hex('27 01 ffffd8 0102'));
    assert.deepEqual(video({ role: 'disposable' }), hex('27 01 000000 0102'));
  });

  test('HEVC has the extended header, with a composition time where there is one', () => {
    assert.deepEqual(video({ codec: 'hevc', role: 'config' }), hex('90 68766331 0102'));
    assert.deepEqual(video({ codec: 'hevc' }), hex('93 68766331 0102'));
    assert.deepEqual(
      video({ codec: 'hevc', role: 'delta', compositionTime: 40_000 }),
      hex('a1 68766331 000028 0102'),
    );
  });

  test('AV1, VP9 and VP8 never have one', () => {
    assert.deepEqual(video({ codec: 'av1', compositionTime: 40_000 }), hex('91 61763031 0102'));
    assert.deepEqual(video({ codec: 'vp9', role: 'delta' }), hex('a1 76703039 0102'));
    assert.deepEqual(video({ codec: 'vp8', role: 'config' }), hex('90 76703038 0102'));
  });

  test('further tracks go as multitrack of one track, H.264 too', () => {
    assert.deepEqual(video({ track: 2 }), hex('96 03 61766331 02 0102'));
    assert.deepEqual(
      video({ track: 2, codec: 'hevc', role: 'delta', compositionTime: 1000 }),
      hex('a6 01 68766331 02 000001 0102'),
    );
  });

  test('codecs of Flash', () => {
    assert.deepEqual(video({ codec: 'h263', role: 'disposable' }), hex('32 0102'));
    assert.deepEqual(video({ codec: 'vp6' }), hex('14 0102'));
  });

  test('what has no tag is refused', () => {
    assert.throws(() => video({ codec: 'screen' }), { code: 'FLV_UNSUPPORTED' });
    assert.throws(() => video({ codec: 'vp6', track: 1 }), { code: 'FLV_UNSUPPORTED' });
  });

  test('what is built is parsed back', () => {
    for (const codec of ['h264', 'hevc', 'av1', 'vp9', 'vp8'] as const) {
      for (const role of ['config', 'key', 'delta'] as const) {
        for (const track of [0, 3]) {
          const [tag] = parseVideoTag(video({ codec, role, track, compositionTime: 80_000 }));
          const timed = role !== 'config' && (codec === 'h264' || codec === 'hevc');
          assert.deepEqual(tag, {
            kind: role === 'config' ? 'config' : 'frame',
            codec,
            key: role !== 'delta',
            disposable: false,
            compositionTime: timed ? 80_000 : 0,
            track,
            payload,
          });
        }
      }
    }
  });
});

suite('audio', () => {
  test('AAC and MP3 have the legacy header', () => {
    assert.deepEqual(audio({ role: 'config' }), hex('af 00 0102'));
    assert.deepEqual(audio({}), hex('af 01 0102'));
    assert.deepEqual(audio({ codec: 'mp3' }), hex('2f 0102'));
    assert.deepEqual(audio({ codec: 'mp3', sampleRate: 48000, channels: 1 }), hex('2e 0102'));
    assert.deepEqual(audio({ codec: 'mp3', sampleRate: 24000 }), hex('2b 0102'));
    assert.deepEqual(audio({ codec: 'mp3', sampleRate: 11025 }), hex('27 0102'));
    assert.deepEqual(audio({ codec: 'mp3', sampleRate: 8000, channels: 1 }), hex('e2 0102'));
  });

  test('G.711 and Speex as players expect them', () => {
    assert.deepEqual(audio({ codec: 'g711a', sampleRate: 8000, channels: 1 }), hex('72 0102'));
    assert.deepEqual(audio({ codec: 'g711u', sampleRate: 8000, channels: 1 }), hex('82 0102'));
    assert.deepEqual(audio({ codec: 'speex', sampleRate: 16000, channels: 1 }), hex('b6 0102'));
  });

  test('Opus, AC-3, E-AC-3 and FLAC have the extended header', () => {
    assert.deepEqual(audio({ codec: 'opus', role: 'config' }), hex('90 4f707573 0102'));
    assert.deepEqual(audio({ codec: 'opus' }), hex('91 4f707573 0102'));
    assert.deepEqual(audio({ codec: 'ac3' }), hex('91 61632d33 0102'));
    assert.deepEqual(audio({ codec: 'eac3' }), hex('91 65632d33 0102'));
    assert.deepEqual(audio({ codec: 'flac' }), hex('91 664c6143 0102'));
  });

  test('further tracks go as multitrack of one track, AAC and MP3 too', () => {
    assert.deepEqual(audio({ track: 1 }), hex('95 01 6d703461 01 0102'));
    assert.deepEqual(audio({ codec: 'mp3', track: 9 }), hex('95 01 2e6d7033 09 0102'));
    assert.throws(() => audio({ codec: 'speex', track: 1 }), { code: 'FLV_UNSUPPORTED' });
  });

  test('what is built is parsed back', () => {
    for (const codec of ['aac', 'opus', 'ac3', 'eac3', 'flac'] as const) {
      for (const role of ['config', 'key'] as const) {
        for (const track of [0, 3]) {
          const [tag] = parseAudioTag(audio({ codec, role, track }));
          assert.ok(tag);
          assert.deepEqual(
            [tag.codec, tag.kind, tag.track],
            [codec, role === 'config' ? 'config' : 'frame', track],
          );
          assert.deepEqual(tag.payload, payload);
        }
      }
    }
    for (const codec of ['mp3', 'pcm', 'nellymoser', 'g711a', 'g711u', 'speex'] as const) {
      assert.equal(parseAudioTag(audio({ codec }))[0]?.codec, codec);
    }
  });
});
