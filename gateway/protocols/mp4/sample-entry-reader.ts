import { buildOpusConfig } from '../../../shared/codecs/opus.ts';
import { findBox, needBytes, readBoxes } from './box-reader.ts';
import type { Mp4AudioTrack, Mp4VideoTrack } from './track.ts';

/** What a sample entry says of its track; `config` as `Mp4Track` has it. */
export type SampleDescription =
  | {
      readonly kind: 'video';
      readonly codec: Mp4VideoTrack['codec'];
      readonly config: Uint8Array;
      readonly width: number;
      readonly height: number;
    }
  | {
      readonly kind: 'audio';
      readonly codec: Mp4AudioTrack['codec'];
      readonly config: Uint8Array;
      readonly sampleRate: number;
      readonly channels: number;
    };

const NO_CONFIG = new Uint8Array(0);

const VIDEO_ENTRIES: Readonly<Record<string, readonly [Mp4VideoTrack['codec'], string]>> = {
  avc1: ['h264', 'avcC'],
  avc3: ['h264', 'avcC'],
  hvc1: ['hevc', 'hvcC'],
  hev1: ['hevc', 'hvcC'],
  av01: ['av1', 'av1C'],
  vp09: ['vp9', 'vpcC'],
};

/** Bytes of a visual sample entry before its boxes (ISO/IEC 14496-12, section 12.1.3). */
const VISUAL_FIELDS = 78;
/** Bytes of an audio sample entry before its boxes (section 12.2.3), by QuickTime's version. */
const AUDIO_FIELDS = [28, 44, 64] as const;

/**
 * Reads a sample entry; undefined for codecs that this gateway does not carry.
 * @param entry the whole box
 * @throws Mp4Error when it contradicts the format
 */
export function readSampleEntry(entry: Buffer): SampleDescription | undefined {
  const [found] = readBoxes(entry);
  if (!found) return undefined;
  const { type, content } = found;
  const video = VIDEO_ENTRIES[type];
  if (video) {
    const [codec, name] = video;
    needBytes(content, VISUAL_FIELDS, type);
    const config = findBox(content.subarray(VISUAL_FIELDS), name);
    if (!config) return undefined;
    return {
      kind: 'video',
      codec,
      // vpcC is a full box: its version and flags are no part of the record.
      config: codec === 'vp9' ? config.subarray(4) : config,
      width: content.readUInt16BE(24),
      height: content.readUInt16BE(26),
    };
  }
  return readAudioEntry(type, content);
}

function readAudioEntry(type: string, content: Buffer): SampleDescription | undefined {
  if (!['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'].includes(type)) return undefined;
  needBytes(content, AUDIO_FIELDS[0], type);
  const fields = AUDIO_FIELDS[content.readUInt16BE(8)] ?? AUDIO_FIELDS[0];
  needBytes(content, fields, type);
  const boxes = content.subarray(fields);
  const sound = {
    kind: 'audio',
    sampleRate: content.readUInt16BE(24),
    channels: content.readUInt16BE(16),
  } as const;
  switch (type) {
    case 'mp4a': {
      // QuickTime puts it into a box of its own.
      const wave = findBox(boxes, 'wave');
      const esds = findBox(boxes, 'esds') ?? (wave && findBox(wave, 'esds'));
      return esds && withElementaryStream(sound, esds.subarray(4));
    }
    case '.mp3':
      return { ...sound, codec: 'mp3', config: NO_CONFIG };
    case 'Opus': {
      const dOps = findBox(boxes, 'dOps');
      if (!dOps || dOps.length < 11 || dOps[10] !== 0) return undefined; // mapping family 0: ≤ 2 channels
      const channels = dOps[1] === 1 ? 1 : 2;
      const config = buildOpusConfig({ channels, preSkip: dOps.readUInt16BE(2) });
      return { ...sound, sampleRate: 48_000, channels, codec: 'opus', config };
    }
    case 'fLaC': {
      const dfLa = findBox(boxes, 'dfLa');
      return dfLa && { ...sound, codec: 'flac', config: dfLa.subarray(4) };
    }
    default: {
      const codec = type === 'ac-3' ? 'ac3' : 'eac3';
      const config = findBox(boxes, codec === 'ac3' ? 'dac3' : 'dec3');
      return config && { ...sound, codec, config };
    }
  }
}

/** Object types of the registration authority: MPEG-4 audio; MPEG-2 and MPEG-1 layer 3. */
const AAC = 0x40;
const MP3 = [0x69, 0x6b];

/** `esds` (ISO/IEC 14496-1, section 7.2.6): ES_Descr { DecoderConfigDescr { [DecoderSpecificInfo] } }. */
function withElementaryStream(
  sound: { kind: 'audio'; sampleRate: number; channels: number },
  esds: Buffer,
): SampleDescription | undefined {
  const stream = descriptor(esds, 0x03);
  if (!stream || stream.length < 3) return undefined;
  const flags = stream[2]!;
  const skip = 3 + (flags & 0x80 ? 2 : 0) + (flags & 0x40 ? 1 + (stream[3] ?? 0) : 0);
  const decoder = descriptor(stream.subarray(skip + (flags & 0x20 ? 2 : 0)), 0x04);
  if (!decoder || decoder.length < 13) return undefined;
  if (MP3.includes(decoder[0]!)) return { ...sound, codec: 'mp3', config: NO_CONFIG };
  const config = descriptor(decoder.subarray(13), 0x05);
  if (decoder[0] !== AAC || !config) return undefined;
  return { ...sound, codec: 'aac', config };
}

/** The content of the descriptor at the front, if it has that tag (section 8.3.3). */
function descriptor(bytes: Buffer, tag: number): Buffer | undefined {
  if (bytes[0] !== tag) return undefined;
  let size = 0;
  let at = 1;
  for (let count = 0; count < 4 && at < bytes.length; count++) {
    const byte = bytes[at++]!;
    size = (size << 7) | (byte & 0x7f);
    if (!(byte & 0x80)) break;
  }
  return bytes.subarray(at, at + size);
}
