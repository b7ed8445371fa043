import { writeBoxHeader, writeU64 } from './box.ts';

/** One access unit in a fragment; times in the track's timescale. */
export interface FragmentSample {
  readonly duration: number;
  /** Presentation time less decoding time; may be negative. */
  readonly compositionOffset: number;
  /** Decoding can start here. */
  readonly key: boolean;
  /** No other sample refers to this one. */
  readonly disposable?: boolean;
  readonly data: Uint8Array;
}

/** What one track has in a fragment. */
export interface FragmentTrack {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  /** Decoding time of the first sample, in the track's timescale. */
  readonly baseDecodeTime: number;
  readonly samples: readonly FragmentSample[];
}

const TFHD = { defaultSampleFlags: 0x20, defaultBaseIsMoof: 0x02_0000 } as const;
const TRUN = {
  dataOffset: 0x001,
  duration: 0x100,
  size: 0x200,
  flags: 0x400,
  compositionOffset: 0x800,
} as const;

/** Sample flags (ISO/IEC 14496-12, section 8.8.3.1). */
const SAMPLE_FLAGS = {
  key: 0x0200_0000, // depends on no other
  delta: 0x0101_0000, // depends on others, not a sync sample
  disposable: 0x0181_0000, // and nothing depends on it
} as const;

/**
 * A movie fragment with its media: `moof` and `mdat` (ISO/IEC 14496-12, section 8.8).
 * Tracks without samples are left out. Each sample is copied once, into the bytes returned.
 *
 *     moof ( mfhd, traf ( tfhd, tfdt, trun )… ) mdat
 */
export function fragment(sequence: number, tracks: readonly FragmentTrack[]): Buffer {
  const present = tracks.filter((track) => track.samples.length > 0);
  let moofSize = 8 + 16;
  let mediaSize = 0;
  for (const track of present) {
    moofSize += trafSize(track);
    for (const sample of track.samples) mediaSize += sample.data.length;
  }

  const bytes = Buffer.allocUnsafe(moofSize + 8 + mediaSize);
  let at = writeBoxHeader(bytes, 0, 'moof', moofSize);
  at = writeBoxHeader(bytes, at, 'mfhd', 16);
  at = bytes.writeUInt32BE(0, at);
  at = bytes.writeUInt32BE(sequence >>> 0, at);

  let media = moofSize + 8;
  for (const track of present) {
    at = writeTrackFragment(bytes, at, track, media);
    for (const sample of track.samples) {
      bytes.set(sample.data, media);
      media += sample.data.length;
    }
  }
  writeBoxHeader(bytes, at, 'mdat', 8 + mediaSize);
  return bytes;
}

const TFHD_SIZE = 20;
const TFDT_SIZE = 20;
const TRUN_HEADER_SIZE = 20;

function runFlags(track: FragmentTrack): number {
  const always = TRUN.dataOffset | TRUN.duration | TRUN.size;
  // Every audio sample is a key and is shown when it is decoded: the defaults say so.
  return track.kind === 'video' ? always | TRUN.flags | TRUN.compositionOffset : always;
}

function runSize(track: FragmentTrack): number {
  return TRUN_HEADER_SIZE + track.samples.length * (track.kind === 'video' ? 16 : 8);
}

function trafSize(track: FragmentTrack): number {
  return 8 + TFHD_SIZE + TFDT_SIZE + runSize(track);
}

/** Writes `traf` at `at`; `media` is where the track's samples begin, from the `moof`'s start. */
function writeTrackFragment(
  bytes: Buffer,
  at: number,
  track: FragmentTrack,
  media: number,
): number {
  at = writeBoxHeader(bytes, at, 'traf', trafSize(track));

  at = writeBoxHeader(bytes, at, 'tfhd', TFHD_SIZE);
  at = bytes.writeUInt32BE(TFHD.defaultBaseIsMoof | TFHD.defaultSampleFlags, at);
  at = bytes.writeUInt32BE(track.id, at);
  at = bytes.writeUInt32BE(track.kind === 'video' ? SAMPLE_FLAGS.delta : SAMPLE_FLAGS.key, at);

  at = writeBoxHeader(bytes, at, 'tfdt', TFDT_SIZE);
  at = bytes.writeUInt32BE(1 << 24, at); // version 1: 64 bits
  at = writeU64(bytes, at, track.baseDecodeTime);

  at = writeBoxHeader(bytes, at, 'trun', runSize(track));
  at = bytes.writeUInt32BE((1 << 24) | runFlags(track), at); // version 1: signed offsets
  at = bytes.writeUInt32BE(track.samples.length, at);
  at = bytes.writeUInt32BE(media, at);
  for (const sample of track.samples) {
    at = bytes.writeUInt32BE(sample.duration, at);
    at = bytes.writeUInt32BE(sample.data.length, at);
    if (track.kind === 'video') {
      at = bytes.writeUInt32BE(flagsOf(sample), at);
      at = bytes.writeInt32BE(sample.compositionOffset, at);
    }
  }
  return at;
}

function flagsOf(sample: FragmentSample): number {
  if (sample.key) return SAMPLE_FLAGS.key;
  return sample.disposable ? SAMPLE_FLAGS.disposable : SAMPLE_FLAGS.delta;
}
