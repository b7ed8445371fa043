import type { PlaylistSegment } from '../../protocols/hls/playlist.ts';
import { targetDuration } from '../../protocols/hls/playlist.ts';

/** A segment with its media. */
export interface Segment extends PlaylistSegment {
  readonly data: Buffer;
  /** Stream time at which it ends, µs. */
  readonly end: number;
}

export interface SegmentListLimits {
  /** At least this much is listed, µs, … */
  readonly playlist: number;
  /** What a segment is meant to take, µs: the target duration is not below it. */
  readonly segment: number;
  /** Segments are given up beyond this many bytes, even listed ones. */
  readonly maxBytes: number;
}

/** … and never fewer segments than this: RFC 8216 wants three target durations (section 6.2.2). */
const MIN_LISTED = 3;

/**
 * The segments of a live stream that can be had: those that the playlist lists, and older ones for
 * as long again, for players that have an older playlist (RFC 8216, section 6.2.2).
 */
export class SegmentList {
  #limits: () => SegmentListLimits;
  #segments: Segment[] = [];
  /** How many of `#segments`, the oldest, are not listed any more. */
  #unlisted = 0;
  #mediaSequence: number;
  #discontinuitySequence: number;
  #target: number;
  #bytes = 0;

  /** The numbers to begin with. */
  constructor(
    limits: () => SegmentListLimits,
    mediaSequence: number,
    discontinuitySequence: number,
  ) {
    this.#limits = limits;
    this.#mediaSequence = mediaSequence;
    this.#discontinuitySequence = discontinuitySequence;
    this.#target = targetDuration(limits().segment);
  }

  /** Those that the playlist lists, oldest first. */
  get listed(): readonly Segment[] {
    return this.#segments.slice(this.#unlisted);
  }

  /** The number of the first segment listed. */
  get mediaSequence(): number {
    return this.#mediaSequence;
  }

  /** The number that the next segment will have. */
  get nextSequence(): number {
    return this.#mediaSequence + this.#segments.length - this.#unlisted;
  }

  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** Seconds, whole; never less than what it was: players time their requests by it. */
  get targetDuration(): number {
    return this.#target;
  }

  /** Bytes of media held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A segment by its name, listed or not yet forgotten. */
  find(uri: string): Segment | undefined {
    return this.#segments.find((segment) => segment.uri === uri);
  }

  /** Whether a segment needs the initialization segment of that name. */
  uses(map: string): boolean {
    return this.#segments.some((segment) => segment.map === map);
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.data.length;
    this.#target = Math.max(this.#target, targetDuration(segment.duration));
    this.#unlistOld();
    this.#forgetOld();
  }

  /** Takes segments off the playlist, as far as it stays long enough without them. */
  #unlistOld(): void {
    const wanted = Math.max(this.#limits().playlist, MIN_LISTED * this.#target * 1e6);
    let duration = total(this.listed);
    for (;;) {
      const first = this.#segments[this.#unlisted]!;
      const left = this.#segments.length - this.#unlisted - 1;
      if (left < MIN_LISTED || duration - first.duration < wanted) return;
      duration -= first.duration;
      this.#unlistFirst();
    }
  }

  #unlistFirst(): void {
    const first = this.#segments[this.#unlisted]!;
    // The tag before a segment goes when the segment goes (section 6.2.2).
    if (first.discontinuity) this.#discontinuitySequence++;
    this.#mediaSequence++;
    this.#unlisted++;
  }

  #forgetOld(): void {
    const { maxBytes } = this.#limits();
    const kept = total(this.listed);
    let unlisted = total(this.#segments.slice(0, this.#unlisted));
    while (this.#segments.length > 1) {
      const first = this.#segments[0]!;
      const tooOld = this.#unlisted > 0 && unlisted - first.duration >= kept;
      if (!tooOld && this.#bytes <= maxBytes) return;
      if (this.#unlisted === 0) this.#unlistFirst();
      else unlisted -= first.duration;
      this.#unlisted--;
      this.#segments.shift();
      this.#bytes -= first.data.length;
    }
  }
}

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, { duration }) => sum + duration, 0);
}
