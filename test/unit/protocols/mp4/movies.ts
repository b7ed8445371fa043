import { sampleEntry } from '../../../../gateway/protocols/mp4/sample-entry.ts';
import { SampleColumns } from '../../../../gateway/protocols/mp4/sample-columns.ts';
import {
  trackEnd,
  type Movie,
  type MovieTrack,
  type SampleTable,
} from '../../../../gateway/protocols/mp4/movie.ts';
import type { ProgressiveFile } from '../../../../gateway/protocols/mp4/progressive-writer.ts';
import { AAC_CONFIG, AVC_CONFIG } from '../../../helpers/crafted-media.ts';

export interface MovieOptions {
  /** Seconds of 25 pictures and 50 pieces of sound each. */
  readonly seconds: number;
  /** Pictures from one key frame to the next. */
  readonly gop?: number;
  /** Composition offsets in pictures, repeated: 2, 4, 1 is what two B-frames come to. */
  readonly reorder?: readonly number[];
  /** Movie time at which the sound begins, µs. */
  readonly soundAt?: number;
  /** Where in the file the media begins. */
  readonly at?: number;
}

/** A movie made by hand: pictures of 100 bytes and sound of 10, interleaved. */
export function movieOf(options: MovieOptions): Movie {
  const { seconds, gop = 25, reorder = [0], soundAt = 0, at = 1000 } = options;
  const video = new SampleColumns();
  const audio = new SampleColumns();
  video.lastDuration = 3600;
  audio.lastDuration = 882;
  let offset = at;
  for (let picture = 0; picture < seconds * 25; picture++) {
    const composition = reorder[picture % reorder.length]! * 3600;
    video.push({ offset, size: 100, dts: picture * 3600, composition, key: picture % gop === 0 });
    offset += 100;
    for (let sound = 0; sound < 2; sound++) {
      audio.push({ offset, size: 10, dts: (picture * 2 + sound) * 882, composition: 0, key: true });
      offset += 10;
    }
  }
  const tracks: MovieTrack[] = [
    {
      id: 1,
      kind: 'video',
      timescale: 90_000,
      entry: sampleEntry({
        kind: 'video',
        codec: 'h264',
        id: 1,
        timescale: 90_000,
        config: AVC_CONFIG,
        width: 320,
        height: 180,
      }),
      width: 320,
      height: 180,
      samples: video,
      shift: -reorder[0]! * 40_000,
    },
    {
      id: 2,
      kind: 'audio',
      timescale: 44_100,
      entry: sampleEntry({
        kind: 'audio',
        codec: 'aac',
        id: 2,
        timescale: 44_100,
        config: AAC_CONFIG,
        sampleRate: 44_100,
        channels: 2,
      }),
      width: 0,
      height: 0,
      samples: audio,
      shift: soundAt,
    },
  ];
  return { tracks, duration: Math.max(...tracks.map(trackEnd)) };
}

/** A sample table, column by column. */
export function columnsOf(samples: SampleTable) {
  const column = (of: (index: number) => number): number[] =>
    Array.from({ length: samples.count }, (_, index) => of(index));
  return {
    offsets: column((index) => samples.offset(index)),
    sizes: column((index) => samples.size(index)),
    dts: column((index) => samples.dts(index)),
    composition: column((index) => samples.composition(index)),
    keys: column((index) => (samples.keyUpTo(index) === index ? 1 : 0)),
    end: samples.end,
  };
}

/** The whole file in memory; byte n of the source is n modulo 251. */
export function bytesOf({ head, ranges }: ProgressiveFile): Buffer {
  const pieces = ranges.starts.map((start, index) =>
    Buffer.from(Array.from({ length: ranges.lengths[index]! }, (_, at) => (start + at) % 251)),
  );
  return Buffer.concat([head, ...pieces]);
}
