import { codecString } from '../../../shared/codecs/codec-string.ts';
import { describeConfig } from '../../../shared/codecs/track-info.ts';
import { fragment, type FragmentSample } from '../mp4/fragment.ts';
import { initSegment } from '../mp4/init-segment.ts';
import { Mp4Error } from '../mp4/errors.ts';
import {
  decodingTime,
  isKey,
  leadingTrack,
  presentationTime,
  sampleFrom,
  type Movie,
  type MovieTrack,
} from '../mp4/movie.ts';
import { readSampleEntry, type SampleDescription } from '../mp4/sample-entry-reader.ts';
import type { Mp4Track } from '../mp4/track.ts';
import type { PlaylistSegment, Variant } from './playlist.ts';

/** Segments are about this long, µs (RFC 8216 has players expect that of files). */
const TARGET = 6_000_000;

/** Samples of a track in a segment: the first, and the one behind the last. */
interface Span {
  readonly first: number;
  readonly last: number;
}

interface VodTrack {
  readonly source: MovieTrack;
  readonly description: SampleDescription;
  readonly target: Mp4Track;
  /** What is added to the source's decoding times, ticks, so that none is negative. */
  readonly shift: number;
}

/** A place in the file: what has to be read for a segment. */
export interface SamplePlace {
  readonly offset: number;
  readonly size: number;
}

/**
 * A file as HLS: which samples make up which segment, and their bytes as fragmented MP4 (RFC 8216,
 * section 3.3). Nothing is kept but where the segments begin.
 */
export class VodSegments {
  /** The initialization segment. */
  readonly init: Buffer;
  readonly segments: readonly PlaylistSegment[];
  #tracks: readonly VodTrack[];
  /** For each segment, each track's span. */
  #spans: readonly (readonly Span[])[];
  #duration: number;

  /** @throws Mp4Error `MP4_EMPTY` when no track has a codec that HLS carries */
  constructor(movie: Movie) {
    this.#tracks = chooseTracks(movie);
    this.init = initSegment(this.#tracks.map(({ target }) => target));
    const sources = this.#tracks.map(({ source }) => source);
    const starts = segmentStarts(leadingTrack({ ...movie, tracks: sources }));
    this.#spans = starts.map((start, index) =>
      sources.map((track) => ({
        first: index === 0 ? 0 : firstOfSegment(track, start),
        last: firstOfSegment(track, starts[index + 1]),
      })),
    );
    this.#duration = movie.duration;
    this.segments = starts.map(({ time }, index) => ({
      uri: `${index}.m4s`,
      duration: Math.max(1, (starts[index + 1]?.time ?? movie.duration) - time),
      discontinuity: false,
      independent: true,
      map: 'init.mp4',
    }));
  }

  /** What a multivariant playlist says of the file. */
  variant(uri: string): Variant {
    const seconds = Math.max(0.001, this.#duration / 1e6);
    const rates = this.#spans.map((spans, index) => {
      const bytes = spans.reduce((sum, span, at) => sum + this.#bytes(at, span), 0);
      return (bytes * 8e6) / this.segments[index]!.duration;
    });
    const total = this.#tracks.reduce(
      (sum, { source }, at) => sum + this.#bytes(at, { first: 0, last: source.samples.count }),
      0,
    );
    const video = this.#tracks.find(({ description }) => description.kind === 'video')?.description;
    return {
      uri,
      bandwidth: Math.max(1, ...rates),
      averageBandwidth: Math.max(1, (total * 8) / seconds),
      codecs: this.#tracks.flatMap(
        ({ description: { codec, config } }) => codecString(codec, config) ?? [],
      ),
      resolution:
        video?.kind === 'video' && video.width > 0
          ? { width: video.width, height: video.height }
          : undefined,
    };
  }

  /** Where the samples of a segment lie, track by track; undefined: there is no such segment. */
  places(segment: number): SamplePlace[][] | undefined {
    return this.#spans[segment]?.map(({ first, last }, at) => {
      const { samples } = this.#tracks[at]!.source;
      const places: SamplePlace[] = [];
      for (let index = first; index < last; index++) {
        places.push({ offset: samples.offset(index), size: samples.size(index) });
      }
      return places;
    });
  }

  /** The segment's bytes, made of its samples' as `places` has them. */
  mux(segment: number, contents: readonly (readonly Buffer[])[]): Buffer {
    const spans = this.#spans[segment]!;
    return fragment(
      segment + 1,
      this.#tracks.map(({ source, target, shift }, at) => {
        const { first, last } = spans[at]!;
        const table = source.samples;
        const timeOf = (index: number) => (index < table.count ? table.dts(index) : table.end);
        const samples: FragmentSample[] = [];
        let time = timeOf(first);
        const begin = time;
        for (let index = first; index < last; index++) {
          const next = timeOf(index + 1);
          const duration = next - time;
          time = next;
          samples.push({
            duration,
            compositionOffset: table.composition(index),
            key: isKey(source, index),
            data: contents[at]![index - first]!,
          });
        }
        const { id, kind } = target;
        return { id, kind, baseDecodeTime: begin + shift, samples };
      }),
    );
  }

  #bytes(track: number, { first, last }: Span): number {
    const { samples } = this.#tracks[track]!.source;
    let bytes = 0;
    for (let index = first; index < last; index++) bytes += samples.size(index);
    return bytes;
  }
}

interface SegmentStart {
  readonly track: MovieTrack;
  readonly sample: number;
  /** Movie time at which it is shown, µs. */
  readonly time: number;
}

/** Where segments begin: at key frames, the first one at or after the time since the last. */
function segmentStarts(track: MovieTrack): SegmentStart[] {
  const starts: SegmentStart[] = [];
  let next = -Infinity;
  for (const sample of keysOf(track)) {
    const time = presentationTime(track, sample);
    if (time < next) continue;
    starts.push({ track, sample, time });
    next = time + TARGET;
  }
  return starts;
}

/** The samples that decoding can start at, and the first in any case. */
function keysOf({ samples }: MovieTrack): number[] {
  const keys: number[] = [];
  let key = samples.keyUpTo(samples.count - 1);
  for (; key > 0; key = samples.keyUpTo(key - 1)) keys.push(key);
  keys.push(0);
  return keys.reverse();
}

function firstOfSegment(track: MovieTrack, start: SegmentStart | undefined): number {
  if (!start) return track.samples.count;
  return start.track === track ? start.sample : sampleFrom(track, start.time);
}

function chooseTracks(movie: Movie): VodTrack[] {
  const chosen = (['video', 'audio'] as const).flatMap((kind) => {
    for (const source of movie.tracks) {
      const description = source.kind === kind ? readSampleEntry(source.entry) : undefined;
      if (description?.kind === kind) return [{ source, description }];
    }
    return [];
  });
  if (chosen.length === 0) {
    throw new Mp4Error('MP4_EMPTY', 'The file has no picture or sound that HLS could carry.');
  }
  const lead = Math.max(0, ...chosen.map(({ source }) => -decodingTime(source, 0)));
  return chosen.map(({ source, description }, index) => {
    const { timescale } = source;
    const base = { id: index + 1, timescale };
    return {
      source,
      description,
      target: { ...describe(description), ...base },
      shift: Math.max(0, Math.round(((source.shift + lead) * timescale) / 1e6)),
    };
  });
}

/** The configuration knows better than the sample entry, whose rate has 16 bits. */
function describe(description: SampleDescription): SampleDescription {
  if (description.kind === 'video' || description.config.length === 0) return description;
  const { sampleRate, channels } = describeConfig(description.codec, description.config);
  return {
    ...description,
    sampleRate: sampleRate ?? description.sampleRate,
    channels: channels ?? description.channels,
  };
}
