import { box, fullBox, u16, u32, u8 } from './box.ts';
import type { Mp4AudioTrack, Mp4Track, Mp4VideoTrack } from './track.ts';

/**
 * The sample entry of a track: what a decoder has to know before the first sample
 * (ISO/IEC 14496-12, section 8.5.2, and each codec's own binding).
 * Throws a `TypeError` when the configuration is not one of the codec.
 */
export function sampleEntry(track: Mp4Track): Buffer {
  return track.kind === 'video' ? visualSampleEntry(track) : audioSampleEntry(track);
}

const VIDEO_ENTRIES = {
  h264: ['avc1', 'avcC'], // ISO/IEC 14496-15, section 5.4.2
  hevc: ['hvc1', 'hvcC'], // ISO/IEC 14496-15, section 8.4.1; parameter sets in the entry only
  av1: ['av01', 'av1C'], // AV1 Codec ISO Media File Format Binding, section 2.2
  vp9: ['vp09', 'vpcC'], // VP Codec ISO Media File Format Binding
} as const;

function visualSampleEntry(track: Mp4VideoTrack): Buffer {
  const [entry, configuration] = VIDEO_ENTRIES[track.codec];
  return box(
    entry,
    u16(0, 0, 0, 1), // reserved; data_reference_index
    u32(0, 0, 0, 0), // pre_defined, reserved
    u16(track.width, track.height),
    u32(0x0048_0000, 0x0048_0000, 0), // 72 dpi both ways; reserved
    u16(1), // frame_count
    Buffer.alloc(32), // compressorname
    u16(0x0018, -1), // depth; pre_defined
    track.codec === 'vp9'
      ? fullBox(configuration, 1, 0, withoutFullBoxHeader(track.config))
      : box(configuration, track.config),
  );
}

/**
 * A VPCodecConfigurationRecord is sent by some publishers with the version and flags of the box
 * around it. As a record these would say profile 1, level 0, bit depth 0, which nothing has.
 */
function withoutFullBoxHeader(config: Uint8Array): Uint8Array {
  const hasHeader =
    config.length >= 12 && config[0] === 1 && !(config[1] || config[2] || config[3]);
  return hasHeader ? config.subarray(4) : config;
}

const AUDIO_ENTRIES = {
  aac: 'mp4a',
  mp3: 'mp4a',
  opus: 'Opus',
  ac3: 'ac-3',
  eac3: 'ec-3',
  flac: 'fLaC',
} as const;

function audioSampleEntry(track: Mp4AudioTrack): Buffer {
  // The field has 16 bits before the point; a higher rate stands in the configuration only.
  const rate = track.sampleRate <= 0xffff ? track.sampleRate : 0;
  return box(
    AUDIO_ENTRIES[track.codec],
    u16(0, 0, 0, 1), // reserved; data_reference_index
    u32(0, 0), // reserved
    u16(track.channels, 16, 0, 0), // samplesize; pre_defined, reserved
    u16(rate, 0),
    audioConfiguration(track),
  );
}

function audioConfiguration(track: Mp4AudioTrack): Buffer {
  switch (track.codec) {
    case 'aac':
      return esds(0x40, track.config);
    case 'mp3':
      // MPEG-1 has the rates from 32 kHz, MPEG-2 those below.
      return esds(track.sampleRate >= 32_000 ? 0x6b : 0x69, undefined);
    case 'opus':
      return opusConfiguration(track.config);
    case 'ac3':
      return box('dac3', track.config);
    case 'eac3':
      return box('dec3', track.config);
    case 'flac':
      return fullBox('dfLa', 0, 0, flacMetadata(track.config));
  }
}

/**
 * Elementary stream descriptor (ISO/IEC 14496-1, section 7.2.6; 14496-14, section 5.6):
 *
 *     ES_Descr { DecoderConfigDescr { [DecoderSpecificInfo] } SLConfigDescr }
 */
function esds(objectType: number, specificInfo: Uint8Array | undefined): Buffer {
  const decoderConfig = descriptor(
    0x04,
    u8(objectType, 0x15), // stream type 5 (audio), upStream 0, reserved 1
    u8(0, 0, 0), // bufferSizeDB: not known
    u32(0, 0), // maxBitrate, avgBitrate: not known
    ...(specificInfo ? [descriptor(0x05, specificInfo)] : []),
  );
  const streamConfig = descriptor(0x06, u8(2)); // predefined: as MP4 files have it
  return fullBox('esds', 0, 0, descriptor(0x03, u16(0), u8(0), decoderConfig, streamConfig));
}

/** A descriptor with its length in four bytes of seven bits (ISO/IEC 14496-1, section 8.3.3). */
function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = u8(0x80 | (size >> 21), 0x80 | (size >> 14), 0x80 | (size >> 7), size & 0x7f);
  return Buffer.concat([u8(tag), length, content]);
}

/**
 * From an identification header, little-endian (RFC 7845, section 5.1), to `dOps`, big-endian
 * (Encapsulation of Opus in ISO Base Media File Format, section 4.3.2):
 *
 *     "OpusHead" | version 1 | channels | pre-skip 16 | rate 32 | gain 16 | family | [mapping]
 */
function opusConfiguration(head: Uint8Array): Buffer {
  const at = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (at.length < 19 || at.toString('latin1', 0, 8) !== 'OpusHead') {
    throw new TypeError(
      `An Opus track needs its OpusHead of at least 19 bytes; got ${at.length} bytes.`,
    );
  }
  const fixed = Buffer.allocUnsafe(11);
  fixed.writeUInt8(0, 0); // version of dOps
  fixed.writeUInt8(at.readUInt8(9), 1);
  fixed.writeUInt16BE(at.readUInt16LE(10), 2);
  fixed.writeUInt32BE(at.readUInt32LE(12), 4);
  fixed.writeInt16BE(at.readInt16LE(16), 8);
  fixed.writeUInt8(at.readUInt8(18), 10);
  return box('dOps', fixed, at.subarray(19));
}

const STREAM_INFO_SIZE = 34;

/** `dfLa` holds metadata blocks, STREAMINFO first, without the `fLaC` that begins a file. */
function flacMetadata(config: Uint8Array): Uint8Array {
  const hasMarker =
    config[0] === 0x66 && config[1] === 0x4c && config[2] === 0x61 && config[3] === 0x43;
  const blocks = hasMarker ? config.subarray(4) : config;
  if (blocks.length === STREAM_INFO_SIZE) {
    return Buffer.concat([u8(0x80, 0, 0, STREAM_INFO_SIZE), blocks]); // the last block, STREAMINFO
  }
  if (blocks.length < 4 + STREAM_INFO_SIZE || (blocks[0]! & 0x7f) !== 0) {
    throw new TypeError(
      `A FLAC track needs its STREAMINFO block of ${4 + STREAM_INFO_SIZE} bytes; got ${blocks.length} bytes.`,
    );
  }
  return blocks;
}
