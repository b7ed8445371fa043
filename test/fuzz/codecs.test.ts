import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { AAC_SAMPLE_RATES, parseAacConfig } from '../../shared/codecs/aac.ts';
import { parseAc3Header } from '../../shared/codecs/ac3.ts';
import { parseAv1SequenceHeader } from '../../shared/codecs/av1-sequence-header.ts';
import { forEachObu, parseAv1Config } from '../../shared/codecs/av1.ts';
import { parseAvcSps } from '../../shared/codecs/avc-sps.ts';
import { buildAvcConfig, parseAvcConfig } from '../../shared/codecs/avc.ts';
import { BitReader } from '../../shared/codecs/bit-reader.ts';
import { CodecError } from '../../shared/codecs/codec-error.ts';
import { parseFlacConfig } from '../../shared/codecs/flac.ts';
import { parseHevcSps } from '../../shared/codecs/hevc-sps.ts';
import { parseHevcConfig } from '../../shared/codecs/hevc.ts';
import { parseMpegAudioHeader } from '../../shared/codecs/mp3.ts';
import { removeEmulationPrevention } from '../../shared/codecs/nal-units.ts';
import { opusPacketSamples, parseOpusConfig } from '../../shared/codecs/opus.ts';
import { describeConfig } from '../../shared/codecs/track-info.ts';
import { parseVp8FrameHeader } from '../../shared/codecs/vp8.ts';
import { parseVp9Config, parseVp9FrameHeader } from '../../shared/codecs/vp9.ts';
import type { AudioCodec, VideoCodec } from '../../shared/media.ts';
import * as samples from '../unit/shared/codecs/samples.ts';
import { buildAacConfig } from '../helpers/aac-config.ts';
import { mutated } from '../helpers/mutated.ts';

const settings = { seed: 20260103, numRuns: 2000 };

const avcRecords = Object.values(samples.AVC);
const hevcRecords = Object.values(samples.HEVC);
const av1Records = Object.values(samples.AV1);

interface Target {
  parse: (bytes: Uint8Array) => unknown;
  samples: readonly Uint8Array[];
}

/** Every parser with real bytes to start from. */
const targets: Record<string, Target> = {
  'AVC record': { parse: parseAvcConfig, samples: avcRecords },
  'AVC SPS': {
    parse: parseAvcSps,
    samples: avcRecords.flatMap((record) => parseAvcConfig(record).sps),
  },
  'HEVC record': { parse: parseHevcConfig, samples: hevcRecords },
  'HEVC SPS': {
    parse: parseHevcSps,
    samples: hevcRecords.flatMap((record) => parseHevcConfig(record).sps),
  },
  'AV1 record': { parse: parseAv1Config, samples: av1Records },
  'AV1 sequence header': {
    parse: parseAv1SequenceHeader,
    samples: av1Records.map((record) => record.subarray(6)),
  },
  'AV1 temporal unit': {
    parse: (data) => forEachObu(data, () => true),
    samples: Object.values(samples.AV1_UNITS),
  },
  'VP9 record': { parse: parseVp9Config, samples: Object.values(samples.VP9) },
  'VP9 frame': { parse: parseVp9FrameHeader, samples: Object.values(samples.VP9_UNITS) },
  'VP8 frame': { parse: parseVp8FrameHeader, samples: Object.values(samples.VP8_UNITS) },
  AudioSpecificConfig: { parse: parseAacConfig, samples: Object.values(samples.AAC) },
  OpusHead: { parse: parseOpusConfig, samples: [samples.OPUS.head] },
  'Opus packet': {
    parse: opusPacketSamples,
    samples: [samples.OPUS.packet20, samples.OPUS.packet60],
  },
  MP3: { parse: parseMpegAudioHeader, samples: Object.values(samples.MP3) },
  'AC-3': { parse: parseAc3Header, samples: Object.values(samples.AC3) },
  FLAC: { parse: parseFlacConfig, samples: Object.values(samples.FLAC) },
};

suite('whatever comes is parsed, or refused with an error of its own', () => {
  for (const [name, { parse, samples: real }] of Object.entries(targets)) {
    test(name, () => {
      for (const sample of real) parse(sample); // they are what the changes start from
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), mutated(real)), (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            if (!(error instanceof CodecError)) throw error;
          }
        }),
        settings,
      );
    });
  }

  test('a description is always given', () => {
    const codecs: (VideoCodec | AudioCodec)[] = ['h264', 'hevc', 'av1', 'vp9', 'vp8', 'aac', 'mp3'];
    codecs.push('opus', 'ac3', 'eac3', 'flac', 'speex', 'vp6');
    const all = Object.values(targets).flatMap((target) => target.samples);
    fc.assert(
      fc.property(fc.constantFrom(...codecs), mutated(all), (codec, bytes) => {
        assert.equal(describeConfig(codec, bytes).codec, codec);
      }),
      settings,
    );
  });
});

suite('NAL units', () => {
  /** As an encoder does (H.264 7.4.1): no 00 00 followed by 00 to 03, no zero at the end. */
  function escape(raw: Uint8Array): Uint8Array {
    const unit: number[] = [0x65];
    for (const byte of raw) {
      if (unit.at(-1) === 0 && unit.at(-2) === 0 && byte <= 3) unit.push(3);
      unit.push(byte);
    }
    unit.push(0x80);
    return Uint8Array.from(unit);
  }

  /** Zeros and small bytes, in which start codes are likely. */
  const raw = fc
    .array(fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, 3), fc.integer({ min: 0, max: 255 })), {
      maxLength: 40,
    })
    .map((bytes) => Uint8Array.from(bytes));

  test('emulation prevention is undone', () => {
    fc.assert(
      fc.property(raw, (bytes) => {
        const unescaped = removeEmulationPrevention(escape(bytes));
        assert.deepEqual(unescaped, Uint8Array.of(0x65, ...bytes, 0x80));
      }),
      settings,
    );
  });

  const bytes = fc.uint8Array({ minLength: 1, maxLength: 60 });

  test('AVC records are built and read back', () => {
    const [sps] = parseAvcConfig(samples.AVC.baseline).sps;
    assert.ok(sps);
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), (pps) => {
        const config = parseAvcConfig(buildAvcConfig({ sps: [sps], pps }));
        assert.deepEqual([config.sps, config.pps, config.nalLengthSize], [[sps], pps, 4]);
      }),
      { ...settings, numRuns: 300 },
    );
  });
});

suite('round trips', () => {
  test('bit fields and Exp-Golomb codes', () => {
    const field = fc.oneof(
      fc.record({ kind: fc.constant('bits'), value: fc.integer({ min: 0, max: 0xffff }) }),
      fc.record({ kind: fc.constant('ue'), value: fc.integer({ min: 0, max: 2 ** 32 - 2 }) }),
      fc.record({
        kind: fc.constant('se'),
        value: fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
      }),
    );
    const golomb = (code: number) => {
      const binary = (code + 1).toString(2);
      return '0'.repeat(binary.length - 1) + binary;
    };
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const bits = fields
          .map(({ kind, value }) => {
            if (kind === 'bits') return value.toString(2).padStart(16, '0');
            return golomb(kind === 'ue' ? value : value > 0 ? 2 * value - 1 : -2 * value);
          })
          .join('');
        const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
        const reader = new BitReader(Uint8Array.from(padded, (byte) => Number.parseInt(byte, 2)));
        for (const { kind, value } of fields) {
          const read =
            kind === 'bits' ? reader.read(16) : kind === 'ue' ? reader.ue() : reader.se();
          assert.equal(read, value);
        }
        assert.ok(reader.bitsLeft < 8);
      }),
      { ...settings, numRuns: 500 },
    );
  });

  test('AudioSpecificConfig', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4),
        fc.oneof(fc.constantFrom(...AAC_SAMPLE_RATES), fc.integer({ min: 1, max: 0xffffff })),
        fc.integer({ min: 1, max: 7 }),
        (objectType, sampleRate, channelConfiguration) => {
          const input = { objectType, sampleRate, channelConfiguration };
          const config = parseAacConfig(buildAacConfig(input));
          assert.deepEqual({ ...config, ...input }, config);
        },
      ),
      { ...settings, numRuns: 500 },
    );
  });
});
