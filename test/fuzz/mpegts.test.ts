import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TsTrack } from '../../gateway/protocols/mpegts/elementary-stream.ts';
import { packetize } from '../../gateway/protocols/mpegts/ts-packet.ts';
import { TsMuxer, type TsSample } from '../../gateway/protocols/mpegts/ts-muxer.ts';
import { CodecError } from '../../shared/codecs/codec-error.ts';
import { AAC_CONFIG, AAC_FRAME, AVC_CONFIG } from '../helpers/crafted-media.ts';
import { demuxTs } from '../helpers/ts-demux.ts';

const VIDEO: TsTrack = { codec: 'h264', config: AVC_CONFIG };
const AUDIO: TsTrack = {
  codec: 'aac',
  config: AAC_CONFIG,
  sampleRate: 44_100,
  frameTime: AAC_FRAME,
};
const RUNS = { seed: 1, numRuns: 200 };

const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });

test('packets: whatever the pieces, sizes and fields, the payload is theirs', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(2 ** 31), { nil: undefined }),
      fc.boolean(),
      fc.nat(15),
      (pieces, pcr, randomAccess, continuity) => {
        const unit = Buffer.concat(pieces);
        fc.pre(unit.length > 0);
        const packets = packetize({ pid: 0x100, continuity, pieces, pcr, randomAccess });
        const parts: Buffer[] = [];
        for (let at = 0; at < packets.length; at += 188) {
          assert.equal(packets[at], 0x47);
          assert.equal(packets[at + 3]! & 0x0f, (continuity + at / 188) % 16);
          const field = packets[at + 3]! & 0x20 ? 1 + packets[at + 4]! : 0;
          parts.push(packets.subarray(at + 4 + field, at + 188));
        }
        assert.deepEqual(Buffer.concat(parts), unit);
      },
    ),
    RUNS,
  );
});

/** One NAL unit of a slice, length-prefixed. */
const slice = bytes(3000).map((content) => {
  const data = Buffer.alloc(5 + content.length);
  data.writeUInt32BE(1 + content.length);
  data[4] = 0x41;
  data.set(content, 5);
  return { data: data, content };
});

interface Sent {
  readonly track: 0 | 1;
  readonly sample: TsSample;
  readonly content: Uint8Array;
}

/** Pictures and sounds with times that go on, jump, and lie near the wrap. */
const stream: fc.Arbitrary<Sent[]> = fc
  .record({
    origin: fc.constantFrom(0, 1_000_000, (2 ** 33 / 90_000) * 1e6 - 2_000_000),
    units: fc.array(
      fc.oneof(
        fc.record({ track: fc.constant(0 as const), unit: slice, step: fc.nat(90_000) }),
        fc.record({
          track: fc.constant(1 as const),
          unit: bytes(1500).map((content) => ({ data: content, content })),
          step: fc.constantFrom(Math.round(AAC_FRAME), 0, 500_000),
        }),
      ),
      { minLength: 1, maxLength: 40 },
    ),
    reorder: fc.nat(80_000),
  })
  .map(({ origin, units, reorder }) => {
    const now = [origin, origin];
    return units.map(({ track, unit, step }) => {
      const dts = Math.round((now[track]! += step));
      const pts = track === 0 ? dts + reorder : dts;
      const sample = { dts, pts, key: track === 1, data: unit.data };
      return { track, sample, content: unit.content };
    });
  });

const clock = (time: number): number => (Math.round(time * 0.09) + 90_000) % 2 ** 33;

test('a stream comes back whole, in order, with its times, cut into segments anywhere', () => {
  fc.assert(
    fc.property(stream, fc.integer({ min: 1, max: 10 }), (sent, cutEvery) => {
      const muxer = new TsMuxer([VIDEO, AUDIO]);
      const parts: Buffer[] = [];
      for (const [index, { track, sample }] of sent.entries()) {
        if (index % cutEvery === 0) parts.push(muxer.flush(), muxer.tables());
        parts.push(muxer.write(track, sample));
      }
      parts.push(muxer.flush());
      const { pes } = demuxTs(Buffer.concat(parts));

      const pictures = pes.filter(({ pid }) => pid === 0x100);
      const dueVideo = sent.filter(({ track }) => track === 0);
      assert.deepEqual(
        pictures.map(({ pts, dts }) => [pts, dts]),
        dueVideo.map(({ sample }) => [clock(sample.pts), clock(sample.dts)]),
      );
      assert.deepEqual(
        pictures.map(({ data }) => data.subarray(6 + 4 + 1).toString('hex')),
        dueVideo.map(({ content }) => Buffer.from(content).toString('hex')),
      );

      // Sound: take the ADTS frames apart again.
      const dueAudio = sent.filter(({ track }) => track === 1);
      let index = 0;
      for (const { data, pts } of pes.filter(({ pid }) => pid === 0x101)) {
        assert.equal(pts, clock(dueAudio[index]!.sample.pts));
        for (let at = 0; at < data.length; index++) {
          const size = ((data[at + 3]! & 3) << 11) | (data[at + 4]! << 3) | (data[at + 5]! >> 5);
          assert.deepEqual(data.subarray(at + 7, at + size), Buffer.from(dueAudio[index]!.content));
          at += size;
        }
      }
      assert.equal(index, dueAudio.length);
    }),
    RUNS,
  );
});

test('a malformed access unit is a CodecError, and what is around it is whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      const muxer = new TsMuxer([VIDEO]);
      const sample = { dts: 0, pts: 0, key: false };
      const good = Buffer.from('0000000241aa', 'hex');
      const parts = [muxer.tables(), muxer.write(0, { ...sample, data: good })];
      try {
        parts.push(muxer.write(0, { ...sample, dts: 1000, pts: 1000, data }));
      } catch (error) {
        assert.ok(error instanceof CodecError);
      }
      parts.push(muxer.write(0, { ...sample, dts: 2000, pts: 2000, data: good }));
      const { pes } = demuxTs(Buffer.concat(parts));
      assert.ok(pes.length === 2 || pes.length === 3);
    }),
    RUNS,
  );
});
