import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initSegment } from '../../../../gateway/protocols/mp4/init-segment.ts';
import type { Mp4Track } from '../../../../gateway/protocols/mp4/track.ts';
import { boxAt, boxesOf, readBoxes, sampleEntryOf } from '../../../helpers/mp4-boxes.ts';

const TRACKS: readonly Mp4Track[] = [
  {
    kind: 'video',
    id: 1,
    timescale: 90_000,
    codec: 'h264',
    config: Buffer.from('01640028', 'hex'),
    width: 640,
    height: 360,
  },
  {
    kind: 'audio',
    id: 2,
    timescale: 48_000,
    codec: 'aac',
    config: Buffer.from('1190', 'hex'),
    sampleRate: 48_000,
    channels: 2,
  },
];

test('the file type comes before the movie', () => {
  const boxes = readBoxes(initSegment(TRACKS));
  assert.deepEqual(
    boxes.map(({ type }) => type),
    ['ftyp', 'moov'],
  );
});

test('each track tells its kind, its number and its clock', () => {
  const moov = boxAt(initSegment(TRACKS), 'moov');
  const traks = boxesOf(moov, 'trak');
  assert.deepEqual(
    traks.map((trak) => ({
      id: boxAt(trak, 'tkhd').readUInt32BE(12),
      handler: boxAt(trak, 'mdia/hdlr').toString('latin1', 8, 12),
      timescale: boxAt(trak, 'mdia/mdhd').readUInt32BE(12),
      entry: sampleEntryOf(trak).type,
    })),
    [
      { id: 1, handler: 'vide', timescale: 90_000, entry: 'avc1' },
      { id: 2, handler: 'soun', timescale: 48_000, entry: 'mp4a' },
    ],
  );
  assert.equal(boxAt(moov, 'mvhd').readUInt32BE(96), 3); // next_track_ID
});

test('the picture is shown at its size', () => {
  const [trak] = boxesOf(boxAt(initSegment(TRACKS), 'moov'), 'trak');
  const tkhd = boxAt(trak!, 'tkhd');
  assert.deepEqual([tkhd.readUInt16BE(76), tkhd.readUInt16BE(80)], [640, 360]);
});

test('every track says that its samples come in fragments, and lists none', () => {
  const moov = boxAt(initSegment(TRACKS), 'moov');
  const extended = boxesOf(boxAt(moov, 'mvex'), 'trex').map((trex) => trex.readUInt32BE(4));
  assert.deepEqual(extended, [1, 2]);
  for (const trak of boxesOf(moov, 'trak')) {
    const stbl = boxAt(trak, 'mdia/minf/stbl');
    for (const type of ['stts', 'stsc', 'stco']) {
      assert.equal(boxAt(stbl, type).readUInt32BE(4), 0);
    }
    assert.equal(boxAt(stbl, 'stsz').readUInt32BE(8), 0);
  }
});
