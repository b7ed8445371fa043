import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { buildAvcConfig } from '../../../../shared/codecs/avc.ts';
import { CodecError } from '../../../../shared/codecs/codec-error.ts';
import type { TsTrack } from '../../../../gateway/protocols/mpegts/elementary-stream.ts';
import { TsMuxer } from '../../../../gateway/protocols/mpegts/ts-muxer.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';
import { demuxTs } from '../../../helpers/ts-demux.ts';

const SPS = Buffer.from('6764000cacb40a0cfcf808800000030080000019078a1550', 'hex');
const PPS = Buffer.from('68ef0fcb', 'hex');
const VIDEO: TsTrack = { codec: 'h264', config: buildAvcConfig({ sps: [SPS], pps: [PPS] }) };
const FRAME_TIME = (1024 * 1e6) / 44_100;
const AUDIO: TsTrack = {
  codec: 'aac',
  config: buildAacConfig({ objectType: 2, sampleRate: 44_100, channelConfiguration: 2 }),
  sampleRate: 44_100,
  frameTime: FRAME_TIME,
};

const picture = Buffer.from('00000003419a01', 'hex');
const sound = Buffer.from('0102030405', 'hex');
const frame = (dts: number, pts = dts, key = false) => ({ dts, pts, key, data: picture });
const soundAt = (index: number) => {
  const dts = Math.round(index * FRAME_TIME);
  return { dts, pts: dts, key: true, data: sound };
};

describe('a segment', () => {
  test('begins with tables that name its streams and its clock', () => {
    const muxer = new TsMuxer([VIDEO, AUDIO]);
    const { streams, pcrPid, versions } = demuxTs(muxer.tables());
    assert.deepEqual(streams, [
      { pid: 0x100, type: 0x1b },
      { pid: 0x101, type: 0x0f },
    ]);
    assert.equal(pcrPid, 0x100);
    assert.deepEqual(versions, [0]);
  });

  test('continuity runs on from segment to segment and over a change of tracks', () => {
    const muxer = new TsMuxer([VIDEO, AUDIO]);
    const segments: Buffer[] = [];
    for (let segment = 0; segment < 3; segment++) {
      if (segment === 2) muxer.setTracks([VIDEO]);
      segments.push(muxer.tables());
      for (let index = 0; index < 5; index++) segments.push(muxer.write(0, frame(index * 40_000)));
      if (segment < 2) segments.push(muxer.write(1, soundAt(segment * 10)));
      segments.push(muxer.flush());
    }
    // The demuxer throws at a break.
    const { versions, pes } = demuxTs(Buffer.concat(segments));
    assert.deepEqual(versions, [0, 0, 1]);
    assert.equal(pes.length, 17);
  });

  test('sound alone carries the clock', () => {
    const muxer = new TsMuxer([AUDIO]);
    const bytes = Buffer.concat([muxer.tables(), muxer.write(0, soundAt(0)), muxer.flush()]);
    const { pcrPid, pes } = demuxTs(bytes);
    assert.equal(pcrPid, 0x100);
    assert.equal(pes[0]!.pcr, 45_000);
  });
});

describe('times', () => {
  const timesOf = (dts: number, pts: number) => {
    const muxer = new TsMuxer([VIDEO]);
    return demuxTs(Buffer.concat([muxer.tables(), muxer.write(0, frame(dts, pts))])).pes[0]!;
  };

  test('begin a second after 0, the clock half a second before them', () => {
    const { pts, dts, pcr } = timesOf(0, 80_000);
    assert.deepEqual({ pts, dts, pcr }, { pts: 97_200, dts: 90_000, pcr: 45_000 });
  });

  test('wrap after 33 bits', () => {
    const wrap = Math.round((2 ** 33 - 90_000) / 0.09);
    const before = timesOf(wrap - 40_000, wrap);
    assert.deepEqual([before.pts, before.dts], [0, 2 ** 33 - 3600]);
    const after = timesOf(wrap, wrap);
    assert.equal(after.dts, 0);
    assert.equal(after.pcr, 2 ** 33 - 45_000);
  });

  test('may lie before 0', () => {
    assert.equal(timesOf(-20_000, 0).dts, 90_000 - 1800);
  });
});

describe('audio frames', () => {
  const mux = (samples: readonly { dts: number; pts: number; key: boolean; data: Buffer }[]) => {
    const muxer = new TsMuxer([AUDIO]);
    const bytes = samples.map((sample) => muxer.write(0, sample));
    return demuxTs(Buffer.concat([muxer.tables(), ...bytes, muxer.flush()])).pes;
  };

  test('share a PES packet for 200 ms', () => {
    const pes = mux(Array.from({ length: 20 }, (_, index) => soundAt(index)));
    assert.deepEqual(
      pes.map(({ data }) => data.length / 12),
      [9, 9, 2],
    );
    assert.deepEqual(
      pes.map(({ pts }) => pts - 90_000),
      [0, 9, 18].map((index) => Math.round(index * FRAME_TIME * 0.09)),
    );
  });

  test('share one up to 4 kB', () => {
    const big = { ...soundAt(0), data: Buffer.alloc(3000) };
    const next = { ...soundAt(1), data: Buffer.alloc(3000) };
    assert.equal(mux([big, next]).length, 2);
  });

  test('do not share one over a gap: only the first time is written', () => {
    const pes = mux([soundAt(0), soundAt(1), soundAt(3)]);
    assert.equal(pes.length, 2);
    assert.equal(pes[1]!.pts, 90_000 + Math.round(3 * FRAME_TIME * 0.09));
  });

  test('that are malformed leave those before them whole', () => {
    const muxer = new TsMuxer([AUDIO]);
    const before = muxer.write(0, soundAt(0));
    assert.throws(() => muxer.write(0, { ...soundAt(9), data: Buffer.alloc(9000) }), CodecError);
    const bytes = Buffer.concat([muxer.tables(), before, muxer.flush()]);
    assert.equal(demuxTs(bytes).pes.length, 1);
  });
});

test('key frames are marked as places to begin', () => {
  const muxer = new TsMuxer([VIDEO]);
  const bytes = [muxer.write(0, frame(0, 0, true)), muxer.write(0, frame(40_000))];
  const { pes } = demuxTs(Buffer.concat([muxer.tables(), ...bytes]));
  assert.deepEqual(
    pes.map(({ randomAccess }) => randomAccess),
    [true, false],
  );
});

test('a track that there is not is a RangeError', () => {
  assert.throws(() => new TsMuxer([VIDEO]).write(1, frame(0)), RangeError);
});
