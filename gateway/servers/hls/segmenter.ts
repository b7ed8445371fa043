import type { Sample } from '../../protocols/hls/segment-muxer.ts';

/** A sample of which only the next one of its track can tell for sure how long it is. */
export interface NewSample extends Omit<Sample, 'duration'> {
  /** What it should take, µs; 0 when nothing but the next one tells. */
  readonly frameTime: number;
}

export type TrackKind = 'video' | 'audio';

export interface SegmenterLimits {
  /** A segment is ended at the first key frame after this, µs. */
  readonly segment: number;
  /** A part is ended after this, µs: what is muxed in one go. */
  readonly part: number;
  /** A segment is ended after this, key frame or not: µs, … */
  readonly maxSegment: number;
  /** … and bytes. */
  readonly maxBytes: number;
}

/** A run of samples within a segment. */
export interface Part {
  readonly samples: readonly Sample[];
  /** It begins a segment. */
  readonly first: boolean;
}

/** What a segment has come to. */
export interface SegmentEnd {
  /** Decoding time of its first sample, µs. */
  readonly start: number;
  /** Until the next segment's first sample, µs. */
  readonly duration: number;
  /** It began with a key frame. */
  readonly independent: boolean;
}

export interface SegmenterSink {
  part(part: Part): void;
  /** The part before was the segment's last. */
  segment(end: SegmentEnd): void;
}

/** Key frames that come this much early, µs, end a segment too: times are rounded, and jitter. */
const EARLY = 50_000;

/** Sound alone ends a segment when the picture has stood still for this many segments' time. */
const STILL_SEGMENTS = 3;

/** What a video frame takes when there was none before to tell, µs. */
const DEFAULT_FRAME_TIME = 40_000;

/**
 * Decides where segments and their parts are cut. It knows nothing of containers and playlists.
 *
 * With video, segments begin at key frames, and the first one at or after `segment` ends one;
 * sound alone is cut by time. A GOP that goes on beyond the limits, and a picture that stands
 * still, are cut where they are: such a segment is not independent.
 */
export class Segmenter {
  #kinds: TrackKind[];
  #limits: () => SegmenterLimits;
  #sink: SegmenterSink;
  #samples: OpenSample[] = [];
  /** The newest sample of each track, while its duration is not known. */
  #open: (OpenSample | undefined)[] = [];
  /** The last duration of each track, µs. */
  #lastDuration: number[] = [];
  #segment: { start: number; bytes: number; independent: boolean } | undefined;
  #partStart = 0;
  #firstPart = true;
  #lastVideo = 0;
  #started = false;

  constructor(kinds: readonly TrackKind[], limits: () => SegmenterLimits, sink: SegmenterSink) {
    this.#kinds = [...kinds];
    this.#limits = limits;
    this.#sink = sink;
  }

  /** Whether a part has gone out: from then on the tracks are what they are. */
  get started(): boolean {
    return this.#started;
  }

  /** Another track, for as long as no part has gone out. */
  addTrack(kind: TrackKind): void {
    this.#kinds.push(kind);
  }

  push(sample: NewSample): void {
    this.#settle(sample.track, sample.dts);
    if (this.#segment) {
      if (this.#endsSegment(sample)) this.#endSegment(sample.dts);
      else if (this.#endsPart(sample)) this.#endPart(sample.dts);
    }
    if (!this.#segment) {
      const independent = sample.key && (this.#isVideo(sample) || !this.#hasVideo);
      this.#segment = { start: sample.dts, bytes: 0, independent };
      this.#firstPart = true;
      this.#partStart = sample.dts;
      this.#lastVideo = sample.dts;
    }
    if (this.#isVideo(sample)) this.#lastVideo = sample.dts;
    const open = { ...sample, duration: 0 };
    this.#open[sample.track] = open;
    this.#samples.push(open);
    this.#segment.bytes += sample.data.length;
  }

  /** Nothing follows what there is: ends the segment. What comes then begins a new one. */
  end(): void {
    if (!this.#segment) return;
    let end = this.#segment.start;
    for (const sample of this.#samples) {
      end = Math.max(end, sample.dts + (sample.duration || this.#expected(sample)));
    }
    this.#endSegment(end);
    this.#open = [];
  }

  get #hasVideo(): boolean {
    return this.#kinds.includes('video');
  }

  #isVideo({ track }: NewSample): boolean {
    return this.#kinds[track] === 'video';
  }

  #endsSegment(sample: NewSample): boolean {
    const { start, bytes } = this.#segment!;
    const elapsed = sample.dts - start;
    const { segment, maxSegment, maxBytes } = this.#limits();
    if (bytes >= maxBytes || elapsed >= maxSegment) return true;
    if (this.#isVideo(sample)) return sample.key && elapsed >= segment - EARLY;
    const longEnough = elapsed + sample.frameTime / 2 >= segment;
    if (!this.#hasVideo) return longEnough;
    return longEnough && sample.dts - this.#lastVideo >= STILL_SEGMENTS * segment;
  }

  /** Parts end before video, so that sound does not wait; without it, where sound stands. */
  #endsPart(sample: NewSample): boolean {
    const elapsed = sample.dts - this.#partStart;
    const { part } = this.#limits();
    return elapsed >= (this.#isVideo(sample) || !this.#hasVideo ? part : 2 * part);
  }

  #endSegment(end: number): void {
    const { start, independent } = this.#segment!;
    this.#endPart(end);
    this.#sink.segment({ start, duration: Math.max(0, end - start), independent });
    this.#segment = undefined;
  }

  #endPart(end: number): void {
    for (const track of this.#kinds.keys()) this.#settle(track, undefined);
    this.#started = true;
    this.#sink.part({ samples: this.#samples, first: this.#firstPart });
    this.#samples = [];
    this.#firstPart = false;
    this.#partStart = end;
  }

  /** Gives the newest sample of a track its duration, from the next one where there is one. */
  #settle(track: number, next: number | undefined): void {
    const sample = this.#open[track];
    if (!sample) return;
    sample.duration = next !== undefined ? Math.max(0, next - sample.dts) : this.#expected(sample);
    this.#lastDuration[track] = sample.duration;
    this.#open[track] = undefined;
  }

  #expected({ frameTime, track }: NewSample): number {
    return Math.round(frameTime) || this.#lastDuration[track] || DEFAULT_FRAME_TIME;
  }
}

interface OpenSample extends NewSample {
  duration: number;
}
