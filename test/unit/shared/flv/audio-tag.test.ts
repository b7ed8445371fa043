import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseAudioTag } from '../../../../shared/flv/audio-tag.ts';
import type { AudioTag } from '../../../../shared/flv/audio-tag.ts';
import { hex } from '../../../helpers/hex.ts';

const OPUS = '4f707573';
const MP4A = '6d703461';
const FLAC = '664c6143';

function only(body: Uint8Array): AudioTag {
  const tags = parseAudioTag(body);
  assert.equal(tags.length, 1);
  const [tag] = tags;
  assert.ok(tag);
  return tag;
}

suite('legacy', () => {
  test('AAC: configuration and frame; its header tells nothing of the sound', () => {
    assert.deepEqual(parseAudioTag(hex('af 00 1210')), [
      {
        kind: 'config',
        codec: 'aac',
        track: 0,
        timeOffset: 0,
        sampleRate: 0,
        sampleSize: 0,
        channels: 0,
        payload: hex('1210'),
      },
    ]);
    const frame = only(hex('af 01 210010'));
    assert.deepEqual([frame.kind, frame.codec], ['frame', 'aac']);
    assert.deepEqual(frame.payload, hex('210010'));
  });

  test('MP3 with rate, size and channels', () => {
    assert.deepEqual(parseAudioTag(hex('2f fffb90')), [
      {
        kind: 'frame',
        codec: 'mp3',
        track: 0,
        timeOffset: 0,
        sampleRate: 44100,
        sampleSize: 16,
        channels: 2,
        payload: hex('fffb90'),
      },
    ]);
    const low = only(hex('26 ff'));
    assert.deepEqual([low.sampleRate, low.sampleSize, low.channels], [11025, 16, 1]);
    assert.equal(only(hex('ee ff')).sampleRate, 8000);
  });

  test('the other formats and what they fix', () => {
    const format = (first: string) => {
      const { codec, sampleRate, sampleSize, channels } = only(hex(`${first} 00`));
      return [codec, sampleRate, sampleSize, channels];
    };
    assert.deepEqual(format('0d'), ['pcm', 44100, 8, 2]);
    assert.deepEqual(format('3b'), ['pcm', 22050, 16, 2]);
    assert.deepEqual(format('40'), ['nellymoser', 16000, 8, 1]);
    assert.deepEqual(format('50'), ['nellymoser', 8000, 8, 1]);
    assert.deepEqual(format('62'), ['nellymoser', 5512, 16, 1]);
    assert.deepEqual(format('72'), ['g711a', 8000, 16, 1]);
    assert.deepEqual(format('83'), ['g711u', 8000, 16, 2]);
    assert.deepEqual(format('b6'), ['speex', 16000, 16, 1]);
  });

  test('nothing inside is nothing', () => {
    for (const body of ['', '2f', 'af 00', 'af 01']) {
      assert.deepEqual(parseAudioTag(hex(body)), [], body);
    }
  });

  test('what is cut off or unknown is an error with a code', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseAudioTag(hex(body)), { name: 'FlvError', code }, body);
    error('af', 'FLV_TRUNCATED');
    error('af 02 00', 'FLV_INVALID');
    for (const first of ['1f', 'c0', 'd0', 'f0']) error(`${first} 00`, 'FLV_UNSUPPORTED');
  });
});

suite('Enhanced RTMP', () => {
  test('configuration, frame, end and channel order of every codec', () => {
    const codecs = {
      [OPUS]: 'opus',
      [MP4A]: 'aac',
      [FLAC]: 'flac',
      '2e6d7033': 'mp3',
      '61632d33': 'ac3',
      '65632d33': 'eac3',
    };
    for (const [fourCc, codec] of Object.entries(codecs)) {
      for (const [type, kind] of [
        [0, 'config'],
        [1, 'frame'],
        [2, 'end'],
        [4, 'channels'],
      ] as const) {
        const tag = only(hex(`9${type} ${fourCc} 0102`));
        assert.deepEqual([tag.codec, tag.kind, tag.track], [codec, kind, 0]);
        assert.deepEqual(tag.payload, hex('0102'));
      }
    }
  });

  test('the comment header of Opus is no configuration', () => {
    assert.deepEqual(parseAudioTag(hex(`90 ${OPUS} 4f70757354616773 00000000`)), []);
    assert.equal(only(hex(`90 ${OPUS} 4f70757348656164 01`)).kind, 'config');
  });

  test('nothing inside is nothing, but an end is an end', () => {
    assert.deepEqual(parseAudioTag(hex(`90 ${OPUS}`)), []);
    assert.deepEqual(parseAudioTag(hex(`91 ${OPUS}`)), []);
    assert.equal(only(hex(`92 ${OPUS}`)).kind, 'end');
  });

  test('a nanosecond offset, rounded to µs', () => {
    const tag = only(hex(`97 02 0f4240 01 ${OPUS} fc`));
    assert.deepEqual([tag.kind, tag.timeOffset], ['frame', 1000]);
    assert.equal(only(hex(`97 02 0001f4 01 ${OPUS} fc`)).timeOffset, 1);
    assert.equal(only(hex(`97 02 0f4240 00 ${OPUS} fc`)).timeOffset, 0);
  });

  test('tracks', () => {
    const one = only(hex(`95 01 ${MP4A} 07 2100`));
    assert.deepEqual([one.track, one.codec, [...one.payload]], [7, 'aac', [0x21, 0]]);
    const many = parseAudioTag(
      hex(`97 02 0f4240 05 21 ${MP4A} 00 000001 aa ${OPUS} 01 000002 bbcc`),
    );
    assert.deepEqual(
      many.map((tag) => [tag.track, tag.codec, tag.timeOffset, tag.payload.length]),
      [
        [0, 'aac', 1000, 1],
        [1, 'opus', 1000, 2],
      ],
    );
  });

  test('what is cut off or unknown is an error with a code', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseAudioTag(hex(body)), { name: 'FlvError', code }, body);
    error('91', 'FLV_TRUNCATED');
    error('91 4f7075', 'FLV_TRUNCATED');
    error('91 78787878 00', 'FLV_UNSUPPORTED');
    error(`93 ${OPUS} 00`, 'FLV_UNSUPPORTED');
    error(`95 05 ${OPUS} 00 00`, 'FLV_INVALID');
    error(`95 13 ${OPUS} 00 000001 00`, 'FLV_UNSUPPORTED');
    error('97 02 0f42', 'FLV_TRUNCATED');
  });
});
