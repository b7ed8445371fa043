import { CodecError } from '../../../shared/codecs/codec-error.ts';
import { fitsAdts, type TsTrack } from '../mpegts/elementary-stream.ts';
import { TsMuxer } from '../mpegts/ts-muxer.ts';
import { fragment, type FragmentSample } from '../mp4/fragment.ts';
import { initSegment } from '../mp4/init-segment.ts';
import type { Mp4Track } from '../mp4/track.ts';
import type { TrackFormat } from './track-format.ts';

/** One access unit on its way into a segment; times in integer µs. */
export interface Sample {
  /** Index of its track in the list of formats. */
  readonly track: number;
  readonly dts: number;
  readonly pts: number;
  /** Until the track's next access unit. */
  readonly duration: number;
  readonly key: boolean;
  readonly disposable: boolean;
  readonly data: Uint8Array;
}

/** The two containers of HLS (RFC 8216, sections 3.2 and 3.3). */
export type ContainerKind = 'mpegts' | 'fmp4';

/** Writes runs of samples as (parts of) segments of one container. */
export interface SegmentMuxer {
  readonly kind: ContainerKind;
  /** The initialization segment that all segments need; undefined where they carry it. */
  readonly init: Buffer | undefined;
  /** Access units that were malformed and have been left out, in all. */
  readonly skipped: number;
  /** Muxes samples, in decoding order within each track; `first`: a segment begins with them. */
  mux(samples: readonly Sample[], first: boolean): Buffer;
}

/**
 * The container for tracks: MPEG-TS, which every player knows, for what it carries in HLS;
 * fragmented MP4 for everything newer.
 */
export function containerFor(formats: readonly TrackFormat[]): ContainerKind {
  return formats.every(fitsTransportStream) ? 'mpegts' : 'fmp4';
}

function fitsTransportStream({ codec, config }: TrackFormat): boolean {
  if (codec === 'aac') return fitsAdts(config);
  // HEVC has a stream type, but HLS players take it in fragmented MP4 only.
  return codec === 'h264' || codec === 'mp3' || codec === 'ac3' || codec === 'eac3';
}

/**
 * A muxer for tracks of these formats. `before`: the one whose segments they follow, which a
 * transport stream goes on from (its counters run on, its tables get a new version).
 */
export function createSegmentMuxer(
  kind: ContainerKind,
  formats: readonly TrackFormat[],
  before?: SegmentMuxer,
): SegmentMuxer {
  if (kind === 'fmp4') return new Mp4SegmentMuxer(formats);
  return new TsSegmentMuxer(formats, before instanceof TsSegmentMuxer ? before : undefined);
}

class TsSegmentMuxer implements SegmentMuxer {
  readonly kind = 'mpegts';
  readonly init = undefined;
  skipped = 0;
  #muxer: TsMuxer;

  constructor(formats: readonly TrackFormat[], before: TsSegmentMuxer | undefined) {
    const tracks = formats.map(tsTrack);
    this.#muxer = before ? before.#muxer : new TsMuxer(tracks);
    if (before) this.#muxer.setTracks(tracks);
  }

  mux(samples: readonly Sample[], first: boolean): Buffer {
    const pieces = first ? [this.#muxer.tables()] : [];
    for (const sample of samples) {
      try {
        pieces.push(this.#muxer.write(sample.track, sample));
      } catch (error) {
        if (!(error instanceof CodecError)) throw error;
        this.skipped++;
      }
    }
    pieces.push(this.#muxer.flush());
    return Buffer.concat(pieces);
  }
}

function tsTrack(format: TrackFormat): TsTrack {
  const { codec, config } = format;
  switch (codec) {
    case 'h264':
    case 'hevc':
      return { codec, config };
    case 'aac':
    case 'mp3':
    case 'ac3':
    case 'eac3':
      return { codec, config, sampleRate: format.sampleRate, frameTime: format.frameTime };
    case 'av1':
    case 'vp9':
    case 'opus':
    case 'flac':
      throw new TypeError(`MPEG-TS does not carry ${codec} in HLS.`);
  }
}

/** Ticks a second for video. */
const VIDEO_TIMESCALE = 90_000;

class Mp4SegmentMuxer implements SegmentMuxer {
  readonly kind = 'fmp4';
  readonly init: Buffer;
  readonly skipped = 0;
  #tracks: readonly Mp4Track[];
  #sequence = 0;

  constructor(formats: readonly TrackFormat[]) {
    this.#tracks = formats.map((format, index) => mp4Track(format, index + 1));
    this.init = initSegment(this.#tracks);
  }

  mux(samples: readonly Sample[]): Buffer {
    const tracks = this.#tracks.map(({ id, kind, timescale }, index) => {
      const own = samples.filter(({ track }) => track === index);
      return {
        id,
        kind,
        baseDecodeTime: ticks(own[0]?.dts ?? 0, timescale),
        samples: own.map((sample): FragmentSample => {
          const start = ticks(sample.dts, timescale);
          return {
            // Differences of rounded times: what is rounded does not add up.
            duration: ticks(sample.dts + sample.duration, timescale) - start,
            compositionOffset: ticks(sample.pts, timescale) - start,
            key: sample.key,
            disposable: sample.disposable,
            data: sample.data,
          };
        }),
      };
    });
    this.#sequence++;
    return fragment(this.#sequence, tracks);
  }
}

function ticks(microseconds: number, timescale: number): number {
  return Math.round((microseconds * timescale) / 1e6);
}

function mp4Track(format: TrackFormat, id: number): Mp4Track {
  const { config } = format;
  return format.kind === 'video'
    ? { ...format, id, config, timescale: VIDEO_TIMESCALE }
    : { ...format, id, config, timescale: format.sampleRate };
}
