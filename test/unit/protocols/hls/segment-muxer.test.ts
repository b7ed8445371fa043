import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  containerFor,
  createSegmentMuxer,
  type Sample,
} from '../../../../gateway/protocols/hls/segment-muxer.ts';
import { trackFormat, type TrackFormat } from '../../../../gateway/protocols/hls/track-format.ts';
import { buildAacConfig } from '../../../helpers/aac-config.ts';
import { aac, aacConfig, avc, avcConfig, OPUS_CONFIG } from '../../../helpers/crafted-media.ts';
import { readFragments } from '../../../helpers/mp4-boxes.ts';
import { demuxTs } from '../../../helpers/ts-demux.ts';

const H264 = trackFormat(avcConfig(), avc(0, 'key'))!;
const AAC = trackFormat(aacConfig(), aac(0))!;
const opusConfig = { ...aacConfig(0, OPUS_CONFIG), codec: 'opus' } as const;
const OPUS = trackFormat(opusConfig, opusConfig)!;

const sample = (track: number, ms: number, changes: Partial<Sample> = {}): Sample => ({
  track,
  dts: ms * 1000,
  pts: ms * 1000,
  duration: 40_000,
  key: true,
  disposable: false,
  data: track === 0 ? avc(ms, 'key').payload : aac(ms).payload,
  ...changes,
});

describe('the container', () => {
  test('is MPEG-TS for what that carries in HLS', () => {
    const mp3 = trackFormat(undefined, {
      ...aac(0),
      codec: 'mp3',
      payload: Buffer.from('fffb50c0', 'hex'),
    })!;
    assert.equal(containerFor([H264, AAC]), 'mpegts');
    assert.equal(containerFor([H264, mp3]), 'mpegts');
    assert.equal(containerFor([AAC]), 'mpegts');
  });

  test('is MP4 for the rest, if only one track needs it', () => {
    assert.equal(containerFor([H264, OPUS]), 'fmp4');
    const hevc: TrackFormat = { ...H264, codec: 'hevc' } as TrackFormat;
    assert.equal(containerFor([hevc, AAC]), 'fmp4');
  });

  test('is MP4 for AAC that ADTS cannot describe', () => {
    const config = buildAacConfig({ objectType: 2, sampleRate: 46_000, channelConfiguration: 2 });
    const packet = aacConfig(0, config);
    assert.equal(containerFor([trackFormat(packet, packet)!]), 'fmp4');
  });
});

describe('MPEG-TS', () => {
  test('tables begin a segment, not its later parts', () => {
    const muxer = createSegmentMuxer('mpegts', [H264, AAC]);
    assert.equal(muxer.init, undefined);
    const first = muxer.mux([sample(0, 0), sample(1, 0)], true);
    const second = muxer.mux([sample(0, 40), sample(1, 23)], false);
    const { versions, pes } = demuxTs(Buffer.concat([first, second]));
    assert.equal(versions.length, 1);
    assert.equal(pes.length, 4);
  });

  test('a malformed access unit is left out and counted, the rest is whole', () => {
    const muxer = createSegmentMuxer('mpegts', [H264]);
    const bad = sample(0, 40, { data: Buffer.from('ffffffff00', 'hex') });
    const { pes } = demuxTs(muxer.mux([sample(0, 0), bad, sample(0, 80)], true));
    assert.equal(pes.length, 2);
    assert.equal(muxer.skipped, 1);
  });

  test('a codec that it does not carry is refused', () => {
    assert.throws(() => createSegmentMuxer('mpegts', [OPUS]), /does not carry opus/);
  });
});

describe('MP4', () => {
  test('times stand in the tracks’ own clocks and do not drift', () => {
    const muxer = createSegmentMuxer('fmp4', [H264, AAC]);
    const frames = 200;
    const time = (index: number): number => Math.round((index * 1024 * 1e6) / 44_100);
    const samples = Array.from({ length: frames }, (_, index) =>
      sample(1, 0, {
        dts: time(index),
        pts: time(index),
        duration: time(index + 1) - time(index),
      }),
    );
    const read = readFragments(muxer.mux(samples, true));
    assert.deepEqual(
      read.map(({ dts, duration }) => [dts, duration]),
      Array.from({ length: frames }, (_, index) => [index * 1024, 1024]),
    );
  });

  test('presentation may come before decoding, and sequence numbers count', () => {
    const muxer = createSegmentMuxer('fmp4', [H264]);
    assert.ok(muxer.init && muxer.init.length > 0);
    const [first] = readFragments(muxer.mux([sample(0, 1000, { pts: 960_000 })], true));
    assert.deepEqual([first!.dts, first!.pts, first!.duration], [90_000, 86_400, 3600]);
    assert.equal(muxer.mux([sample(0, 1040)], false).readUInt32BE(20), 2);
  });

  test('each track has its samples together', () => {
    const muxer = createSegmentMuxer('fmp4', [H264, AAC]);
    const mixed = [sample(0, 0), sample(1, 0), sample(0, 40, { key: false }), sample(1, 23)];
    const read = readFragments(muxer.mux(mixed, true));
    assert.deepEqual(
      read.map(({ track, key }) => [track, key]),
      [
        [1, true],
        [1, false],
        [2, true],
        [2, true],
      ],
    );
  });
});
