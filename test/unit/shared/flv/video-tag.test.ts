import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseVideoTag } from '../../../../shared/flv/video-tag.ts';
import type { VideoMediaTag } from '../../../../shared/flv/video-tag.ts';
import { hex } from '../../../helpers/hex.ts';

const AVC1 = '61766331';
const HVC1 = '68766331';
const AV01 = '61763031';
const VP09 = '76703039';

/** The only tag of a body, which is a medium's. */
function only(body: Uint8Array): VideoMediaTag {
  const tags = parseVideoTag(body);
  assert.equal(tags.length, 1);
  const [tag] = tags;
  assert.ok(tag && tag.kind !== 'command');
  return tag;
}

suite('legacy', () => {
  test('an AVC sequence header', () => {
    assert.deepEqual(parseVideoTag(hex('17 00 000000 0164000c')), [
      {
        kind: 'config',
        codec: 'h264',
        key: true,
        disposable: false,
        compositionTime: 0,
        track: 0,
        payload: hex('0164000c'),
      },
    ]);
  });

  test('AVC frames with positive and negative composition time, in µs', () => {
    const key = only(hex('17 01 000050 00000001 65'));
    assert.deepEqual([key.kind, key.key, key.compositionTime], ['frame', true, 80_000]);
    assert.deepEqual(key.payload, hex('0000000165'));
    const inter = only(hex('27 01 ffffd8 00000001 41'));
    assert.deepEqual([inter.key, inter.compositionTime], [false, -40_000]);
  });

  test('the payload shares memory with the body', () => {
    const body = hex('27 01 000000 41');
    assert.equal(only(body).payload.buffer, body.buffer);
    assert.equal(only(body).payload.byteOffset, 5);
  });

  test('frame types: generated key frame, disposable inter frame', () => {
    assert.deepEqual([only(hex('47 01 000000 65')).key], [true]);
    const disposable = only(hex('37 01 000000 01'));
    assert.deepEqual([disposable.key, disposable.disposable], [false, true]);
  });

  test('the end of a sequence, with and without composition time', () => {
    assert.equal(only(hex('17 02 000000')).kind, 'end');
    assert.equal(only(hex('17 02')).kind, 'end');
  });

  test('HEVC as codec id 12', () => {
    const tag = only(hex('1c 01 000028 00000001 26'));
    assert.deepEqual([tag.codec, tag.kind, tag.compositionTime], ['hevc', 'frame', 40_000]);
  });

  test('codecs without packet types', () => {
    const cases = { 22: 'h263', 13: 'screen', 24: 'vp6', 25: 'vp6', 26: 'screen' };
    for (const [first, codec] of Object.entries(cases)) {
      const tag = only(hex(`${first} 0102`));
      assert.deepEqual([tag.codec, tag.kind], [codec, 'frame']);
      assert.deepEqual(tag.payload, hex('0102'));
    }
  });

  test('a command, whatever codec id it has', () => {
    assert.deepEqual(parseVideoTag(hex('50 00')), [
      { kind: 'command', track: 0, payload: hex('00') },
    ]);
    assert.equal(parseVideoTag(hex('57 01'))[0]?.kind, 'command');
  });

  test('nothing inside is nothing', () => {
    for (const body of ['', '22', '17 01 000000', '27 01 000000', '17 00 000000']) {
      assert.deepEqual(parseVideoTag(hex(body)), [], body);
    }
  });

  test('what is cut off or unknown is an error with a code', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseVideoTag(hex(body)), { name: 'FlvError', code }, body);
    error('17', 'FLV_TRUNCATED');
    error('17 01 0000', 'FLV_TRUNCATED');
    error('17 03 000000 65', 'FLV_INVALID');
    error('11 00', 'FLV_UNSUPPORTED');
    error('1f 00 000000', 'FLV_UNSUPPORTED');
  });
});

suite('Enhanced RTMP', () => {
  test('sequence starts', () => {
    const codecs = {
      [AVC1]: 'h264',
      [HVC1]: 'hevc',
      [AV01]: 'av1',
      [VP09]: 'vp9',
      76703038: 'vp8',
    };
    for (const [fourCc, codec] of Object.entries(codecs)) {
      const tag = only(hex(`90 ${fourCc} 0102`));
      assert.deepEqual([tag.codec, tag.kind, tag.key], [codec, 'config', true]);
      assert.deepEqual(tag.payload, hex('0102'));
    }
  });

  test('coded frames have a composition time for AVC and HEVC alone', () => {
    const hevc = only(hex(`a1 ${HVC1} 000028 0102`));
    assert.deepEqual([hevc.kind, hevc.key, hevc.compositionTime], ['frame', false, 40_000]);
    assert.deepEqual(hevc.payload, hex('0102'));
    assert.equal(only(hex(`91 ${AVC1} fffff6 0102`)).compositionTime, -10_000);
    const av1 = only(hex(`91 ${AV01} 0102`));
    assert.deepEqual([av1.key, av1.compositionTime], [true, 0]);
    assert.deepEqual(av1.payload, hex('0102'));
    assert.deepEqual(only(hex(`a1 ${VP09} 86`)).payload, hex('86'));
  });

  test('CodedFramesX has none', () => {
    const tag = only(hex(`93 ${HVC1} 00000028 26`));
    assert.deepEqual([tag.kind, tag.compositionTime], ['frame', 0]);
    assert.deepEqual(tag.payload, hex('0000002826'));
  });

  test('the end of a sequence and metadata, of a command frame type too', () => {
    assert.equal(only(hex(`92 ${HVC1}`)).kind, 'end');
    const metadata = only(hex(`94 ${HVC1} 02000763`));
    assert.equal(metadata.kind, 'metadata');
    assert.equal(only(hex(`d4 ${HVC1} 02`)).kind, 'metadata');
  });

  test('a command has no FourCC', () => {
    assert.deepEqual(parseVideoTag(hex('d1 01')), [
      { kind: 'command', track: 0, payload: hex('01') },
    ]);
  });

  test('an AV1 video descriptor becomes a configuration record without OBUs', () => {
    const tag = only(hex(`95 ${AV01} 80 04 81000c00`));
    assert.equal(tag.kind, 'config');
    assert.deepEqual(tag.payload, hex('81000c00'));
  });

  test('nothing inside is nothing', () => {
    for (const body of [`90 ${HVC1}`, `91 ${HVC1} 000000`, `93 ${HVC1}`, `91 ${AV01}`]) {
      assert.deepEqual(parseVideoTag(hex(body)), [], body);
    }
  });

  test('what is cut off or unknown is an error with a code', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseVideoTag(hex(body)), { name: 'FlvError', code }, body);
    error('91', 'FLV_TRUNCATED');
    error('91 687663', 'FLV_TRUNCATED');
    error(`91 ${HVC1} 0000`, 'FLV_TRUNCATED');
    error('91 76766331 00', 'FLV_UNSUPPORTED'); // vvc1
    error(`98 ${HVC1} 00`, 'FLV_UNSUPPORTED');
    error(`95 ${HVC1} 80 04 81000c00`, 'FLV_UNSUPPORTED');
    error(`95 ${AV01} 80 04 8100`, 'FLV_TRUNCATED');
    error(`95 ${AV01} 81 04 81000c00`, 'FLV_INVALID');
  });

  test('the message names the codec that is not supported', () => {
    assert.throws(() => parseVideoTag(hex('91 76766331 00')), { message: /'vvc1'/ });
  });
});

suite('ModEx', () => {
  test('a nanosecond offset is added to the composition time, rounded to µs', () => {
    // Three bytes (size - 1 = 2), 0x0927c0 = 600,000 ns, type 0, then CodedFrames.
    const tag = only(hex(`a7 02 0927c0 01 ${HVC1} 000028 0102`));
    assert.deepEqual([tag.kind, tag.key, tag.compositionTime], ['frame', false, 40_600]);
    assert.deepEqual(tag.payload, hex('0102'));
    assert.equal(only(hex(`97 02 0005dd 03 ${HVC1} 0102`)).compositionTime, 2);
    assert.equal(only(hex(`97 02 0005db 01 ${AV01} 0102`)).compositionTime, 1);
  });

  test('several modifiers, unknown ones passed over, the size of 16 bits', () => {
    const long = '00'.repeat(300);
    const tag = only(hex(`97 00 aa 17 ff 012b ${long} 27 02 0927c0 01 ${VP09} 82`));
    assert.equal(tag.compositionTime, 600);
    assert.deepEqual(tag.payload, hex('82'));
  });

  test('a configuration has no offset', () => {
    assert.equal(only(hex(`97 02 0927c0 00 ${HVC1} 01`)).compositionTime, 0);
  });

  test('what is cut off, too short or endless is an error', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseVideoTag(hex(body)), { name: 'FlvError', code }, body);
    error('97', 'FLV_TRUNCATED');
    error('97 02 0927', 'FLV_TRUNCATED');
    error('97 02 0927c0', 'FLV_TRUNCATED');
    error('97 02 0927c0 01', 'FLV_TRUNCATED');
    error('97 ff ffff 00', 'FLV_TRUNCATED');
    error(`97 01 0927 01 ${HVC1} 000000 01`, 'FLV_INVALID');
    error(`97 ${'00aa17'.repeat(40)}`, 'FLV_INVALID');
  });
});

suite('multitrack', () => {
  test('one track: the rest of the message is its', () => {
    const tag = only(hex(`a6 01 ${HVC1} 05 000028 0102`));
    assert.deepEqual(
      [tag.track, tag.codec, tag.kind, tag.compositionTime],
      [5, 'hevc', 'frame', 40_000],
    );
    assert.deepEqual(tag.payload, hex('0102'));
  });

  test('many tracks of one codec', () => {
    const tags = parseVideoTag(hex(`96 13 ${AVC1} 00 000002 aabb 01 000001 cc`));
    assert.deepEqual(
      tags.map((tag) => [tag.track, tag.kind, [...tag.payload]]),
      [
        [0, 'frame', [0xaa, 0xbb]],
        [1, 'frame', [0xcc]],
      ],
    );
  });

  test('many tracks of many codecs, an empty one left out', () => {
    const tags = parseVideoTag(
      hex(`96 20 ${HVC1} 00 000001 01 ${VP09} 01 000000 ${AV01} 02 000002 8100`),
    );
    assert.deepEqual(
      tags.map((tag) => tag.kind === 'config' && [tag.track, tag.codec]),
      [
        [0, 'hevc'],
        [2, 'av1'],
      ],
    );
  });

  test('a nanosecond offset counts for all tracks', () => {
    const tags = parseVideoTag(hex(`97 02 0927c0 06 13 ${AVC1} 00 000001 aa 01 000001 bb`));
    assert.deepEqual(
      tags.map((tag) => tag.kind === 'frame' && tag.compositionTime),
      [600, 600],
    );
  });

  test('what is cut off or nested is an error', () => {
    const error = (body: string, code: string) =>
      assert.throws(() => parseVideoTag(hex(body)), { name: 'FlvError', code }, body);
    error('96', 'FLV_TRUNCATED');
    error('96 01 6876', 'FLV_TRUNCATED');
    error(`96 01 ${HVC1}`, 'FLV_TRUNCATED');
    error(`96 11 ${HVC1} 00 0000`, 'FLV_TRUNCATED');
    error(`96 13 ${HVC1} 00 000003 aabb`, 'FLV_TRUNCATED');
    error(`96 20 ${HVC1} 00 000001 aa 68`, 'FLV_TRUNCATED');
    error(`96 06 ${HVC1} 00 aa`, 'FLV_INVALID');
    error(`96 07 ${HVC1} 00 aa`, 'FLV_INVALID');
    error(`96 31 ${HVC1} 00 aa`, 'FLV_UNSUPPORTED');
  });
});
