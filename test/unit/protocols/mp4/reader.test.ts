import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { box, fullBox, text, u32 } from '../../../../gateway/protocols/mp4/box.ts';
import { findBox, readBoxes, readBoxHeader } from '../../../../gateway/protocols/mp4/box-reader.ts';
import { wholeFile } from '../../../../gateway/protocols/mp4/clip.ts';
import { readMovie } from '../../../../gateway/protocols/mp4/movie-reader.ts';
import { readSampleEntry } from '../../../../gateway/protocols/mp4/sample-entry-reader.ts';
import { readSampleTable } from '../../../../gateway/protocols/mp4/sample-table-reader.ts';
import { sampleEntry } from '../../../../gateway/protocols/mp4/sample-entry.ts';
import { AAC_CONFIG, AVC_CONFIG, OPUS_CONFIG } from '../../../helpers/crafted-media.ts';
import { finish } from '../../../../gateway/protocols/mp4/work.ts';
import { bytesOf, columnsOf, movieOf } from './movies.ts';

suite('boxes', () => {
  test('sizes of 32 and 64 bits, and to the end', () => {
    assert.deepEqual(readBoxHeader(box('free', Buffer.alloc(4))), {
      type: 'free',
      headerSize: 8,
      size: 12,
    });
    const large = Buffer.concat([u32(1), text('mdat'), u32(1, 2)]);
    assert.equal(readBoxHeader(large)?.size, 2 ** 32 + 2);
    assert.equal(readBoxHeader(large.subarray(0, 15)), undefined);
    const [open] = readBoxes(Buffer.concat([u32(0), text('mdat'), Buffer.alloc(5)]));
    assert.equal(open?.content.length, 5);
  });

  test('what cannot be is refused', () => {
    assert.throws(() => readBoxHeader(Buffer.concat([u32(7), text('moov')])), {
      code: 'MP4_INVALID',
    });
    const short = Buffer.concat([u32(100), text('moov'), Buffer.alloc(10)]);
    assert.throws(() => [...readBoxes(short)], { code: 'MP4_TRUNCATED' });
    const many = Buffer.concat(Array.from({ length: 10_001 }, () => box('free')));
    assert.throws(() => [...readBoxes(many)], { code: 'MP4_TOO_LARGE' });
  });
});

/** A sample table of one chunk at byte 100, with some boxes replaced. */
function table(changes: Readonly<Record<string, Buffer | undefined>> = {}): Buffer {
  const boxes: Record<string, Buffer | undefined> = {
    stts: fullBox('stts', 0, 0, u32(1, 4, 10)),
    stsc: fullBox('stsc', 0, 0, u32(1, 1, 4, 1)),
    stsz: fullBox('stsz', 0, 0, u32(0, 4, 5, 6, 7, 8)),
    stco: fullBox('stco', 0, 0, u32(1, 100)),
    ...changes,
  };
  return Buffer.concat(Object.values(boxes).flatMap((content) => content ?? []));
}

suite('sample tables', () => {
  test('sizes, times and places', () => {
    const samples = columnsOf(finish(readSampleTable(table(), 1000)));
    assert.deepEqual(samples.sizes, [5, 6, 7, 8]);
    assert.deepEqual(samples.offsets, [100, 105, 111, 118]);
    assert.deepEqual(samples.dts, [0, 10, 20, 30]);
    assert.equal(samples.end, 40);
    assert.deepEqual(samples.keys, [1, 1, 1, 1]);
  });

  test('several chunks, key frames, signed composition offsets, 64-bit places', () => {
    const work = readSampleTable(
      table({
        stsc: fullBox('stsc', 0, 0, u32(2, 1, 1, 1, 3, 2, 1)),
        stco: undefined,
        co64: fullBox('co64', 0, 0, u32(3, 1, 0, 2, 0, 3, 0)),
        stss: fullBox('stss', 0, 0, u32(2, 1, 3)),
        ctts: fullBox('ctts', 1, 0, u32(2, 1, 20, 3, -10)),
      }),
      2 ** 40,
    );
    const samples = columnsOf(finish(work));
    assert.deepEqual(samples.offsets, [2 ** 32, 2 * 2 ** 32, 3 * 2 ** 32, 3 * 2 ** 32 + 7]);
    assert.deepEqual(samples.keys, [1, 0, 1, 0]);
    assert.deepEqual(samples.composition, [20, -10, -10, -10]);
  });

  for (const [what, changes, code] of [
    ['more samples than bytes', { stsz: fullBox('stsz', 0, 0, u32(1000, 4)) }, 'MP4_TRUNCATED'],
    ['an absurd count', { stsz: fullBox('stsz', 0, 0, u32(1, 0xffff_ffff)) }, 'MP4_TOO_LARGE'],
    ['a table that is cut short', { stsz: fullBox('stsz', 0, 0, u32(0, 5, 1)) }, 'MP4_TRUNCATED'],
    ['times for fewer', { stts: fullBox('stts', 0, 0, u32(1, 3, 10)) }, 'MP4_INVALID'],
    ['times by the billion', { stts: fullBox('stts', 0, 0, u32(0x7fff_ffff)) }, 'MP4_TRUNCATED'],
    ['places for fewer', { stsc: fullBox('stsc', 0, 0, u32(1, 1, 3, 1)) }, 'MP4_INVALID'],
    ['no chunk runs', { stsc: fullBox('stsc', 0, 0, u32(0)) }, 'MP4_INVALID'],
    ['places behind the end', { stco: fullBox('stco', 0, 0, u32(1, 990)) }, 'MP4_TRUNCATED'],
    ['chunks of no samples', { stsc: fullBox('stsc', 0, 0, u32(1, 1, 0, 1)) }, 'MP4_INVALID'],
    ['key frames out of order', { stss: fullBox('stss', 0, 0, u32(2, 3, 1)) }, 'MP4_INVALID'],
    ['no sizes at all', { stsz: undefined }, 'MP4_INVALID'],
    ['compact sizes', { stsz: undefined, stz2: fullBox('stz2', 0, 0) }, 'MP4_UNSUPPORTED'],
  ] as const) {
    test(`${what}: ${code}`, () => {
      assert.throws(() => finish(readSampleTable(table(changes), 1000)), { code });
    });
  }

  test('a run longer than the samples counts for those that there are', () => {
    const stts = fullBox('stts', 0, 0, u32(1, 0xffff_ffff, 10));
    assert.equal(finish(readSampleTable(table({ stts }), 1000)).end, 40);
  });
});

suite('large sample tables', () => {
  const count = 5000;
  /** Times and offsets that change often, chunks of many lengths, frames of many sizes. */
  const runs = Array.from({ length: count / 2 + 1 }, (_, run) => ({
    length: (run % 3) + 1,
    value: run,
  }));
  const chunks = Array.from({ length: count / 2 }, (_, chunk) => (chunk % 4) + 1);
  const sizes = Array.from({ length: count }, (_, sample) => (sample * 7) % 100);
  const stbl = table({
    stts: fullBox(
      'stts',
      0,
      0,
      u32(runs.length, ...runs.flatMap((run) => [run.length, run.value])),
    ),
    ctts: fullBox(
      'ctts',
      0,
      0,
      u32(runs.length, ...runs.flatMap((run) => [run.length, -run.value])),
    ),
    stsc: fullBox('stsc', 0, 0, u32(chunks.length, ...chunks.flatMap((n, at) => [at + 1, n, 1]))),
    stsz: fullBox('stsz', 0, 0, u32(0, count, ...sizes)),
    stco: fullBox('stco', 0, 0, u32(chunks.length, ...chunks.map((_, chunk) => chunk * 1000))),
    stss: fullBox(
      'stss',
      0,
      0,
      u32(count / 10, ...sizes.slice(0, count / 10).map((_, n) => n * 10 + 1)),
    ),
  });
  const samples = finish(readSampleTable(stbl, 1e9));

  /** What the tables say, worked out the long way. */
  const due: { offset: number; dts: number; composition: number }[] = [];
  const values = runs.flatMap(({ length, value }) => Array<number>(length).fill(value));
  let dts = 0;
  for (const [chunk, length] of chunks.entries()) {
    let offset = chunk * 1000;
    for (let n = 0; n < length && due.length < count; n++) {
      const sample = due.length;
      due.push({ offset, dts, composition: -values[sample]! });
      offset += sizes[sample]!;
      dts += values[sample]!;
    }
  }
  const at = (sample: number) => ({
    offset: samples.offset(sample),
    dts: samples.dts(sample),
    composition: samples.composition(sample) + 0,
  });

  test('one after the other, backwards, and here and there', () => {
    const forwards = Array.from({ length: count }, (_, sample) => sample);
    const hopping = forwards.map((sample) => (sample * 2713) % count);
    for (const order of [forwards, forwards.toReversed(), hopping]) {
      for (const sample of order) {
        assert.deepEqual(at(sample), { ...due[sample], composition: due[sample]!.composition + 0 });
        assert.equal(samples.size(sample), sizes[sample]);
        assert.equal(samples.keyUpTo(sample), Math.floor(sample / 10) * 10);
      }
    }
    assert.equal(samples.end, dts);
  });
});

suite('movies', () => {
  const whole = bytesOf(finish(wholeFile(movieOf({ seconds: 1 }))));
  const moov = findBox(whole, 'moov')!;

  test('one without pictures and sound is empty, a fragmented one is not handled', () => {
    const mvhd = box('mvhd', findBox(moov, 'mvhd')!);
    assert.throws(() => finish(readMovie(mvhd, 1000)), { code: 'MP4_EMPTY' });
    assert.throws(() => finish(readMovie(Buffer.concat([mvhd, box('mvex')]), 1000)), {
      code: 'MP4_UNSUPPORTED',
    });
  });

  test('a file that is cut short does not hold its samples', () => {
    assert.throws(() => finish(readMovie(moov, whole.length - 1)), { code: 'MP4_TRUNCATED' });
    assert.equal(finish(readMovie(moov, whole.length)).tracks.length, 2);
  });
});

suite('sample entries', () => {
  const base = { id: 1, timescale: 1000 };
  const sound = { kind: 'audio', sampleRate: 44_100, channels: 2 } as const;

  test('what was written is read', () => {
    const picture = { kind: 'video', codec: 'h264', width: 320, height: 180 } as const;
    assert.deepEqual(readSampleEntry(sampleEntry({ ...base, ...picture, config: AVC_CONFIG })), {
      ...picture,
      config: Buffer.from(AVC_CONFIG),
    });
    const aac = { ...sound, codec: 'aac', config: AAC_CONFIG } as const;
    assert.deepEqual(readSampleEntry(sampleEntry({ ...base, ...aac })), {
      ...aac,
      config: Buffer.from(AAC_CONFIG),
    });
    const mp3 = { ...sound, codec: 'mp3', config: new Uint8Array(0) } as const;
    assert.deepEqual(readSampleEntry(sampleEntry({ ...base, ...mp3 })), mp3);
    const opus = { ...sound, codec: 'opus', sampleRate: 48_000, config: OPUS_CONFIG } as const;
    const read = readSampleEntry(sampleEntry({ ...base, ...opus }));
    assert.equal(read?.codec, 'opus');
    assert.deepEqual(
      Buffer.from(read.config).subarray(0, 12),
      Buffer.from(OPUS_CONFIG).subarray(0, 12),
    );
  });

  test('QuickTime’s sound entries, and what is not known', () => {
    const entry = sampleEntry({ ...base, ...sound, codec: 'aac', config: AAC_CONFIG });
    const content = entry.subarray(8);
    const first = Buffer.from(content.subarray(0, 28));
    first.writeUInt16BE(1, 8);
    const wave = box('wave', box('frma', text('mp4a')), content.subarray(28));
    assert.equal(readSampleEntry(box('mp4a', first, Buffer.alloc(16), wave))?.codec, 'aac');
    assert.equal(readSampleEntry(box('mp4v', Buffer.alloc(100))), undefined);
    assert.throws(() => readSampleEntry(box('avc1', Buffer.alloc(10))), { code: 'MP4_TRUNCATED' });
  });
});
