import { parseAacConfig } from '../../../shared/codecs/aac.ts';
import { CodecError } from '../../../shared/codecs/codec-error.ts';
import type { AudioPacket, Packet, VideoPacket } from '../../../shared/media.ts';
import type { LiveStream, LiveStreams } from './live-stream.ts';

/** How a stream's publisher encodes, measured from its packets; what is not known yet is null. */
export interface EncoderFigures {
  /** Seconds between the last two key frames. */
  readonly keyFrameInterval: number | null;
  /** The same, or the seconds since the last key frame where those are more. */
  readonly keyFrameWait: number | null;
  /** Pictures are sent in another order than they are shown. */
  readonly bFrames: boolean;
  readonly variableFrameRate: boolean;
  /** Times that sound was missing, since the publisher began. */
  readonly gaps: number;
  /** One of them was in the last minute. */
  readonly gapsOfLate: boolean;
  /** ms a minute by which the sound's time stamps outrun its samples; negative: fall behind. */
  readonly drift: number | null;
}

/** The figures of each stream. */
export interface EncoderWatch {
  of(stream: LiveStream): EncoderFigures;
}

/** Frame rate and drift are judged over so much stream time, µs. */
const WINDOW = 10_000_000;
/** A gap counts as of late for so long, µs. */
const LATE = 60_000_000;
/** A frame that comes this share of the usual distance too early or too late is irregular. */
const IRREGULAR = 0.4;
/** More irregular frames than this share, and the frame rate is variable: encoders may skip some. */
const MOST_IRREGULAR = 0.1;
/** Fewer frames in a window say nothing. */
const FEWEST = 20;
/** Sound is missing where a frame comes later than two of its lengths and this, µs. */
const GAP = 100_000;

/** Watches all streams; each packet costs a few additions. */
export function watchEncoders(hub: LiveStreams): EncoderWatch {
  const meters = new WeakMap<LiveStream, EncoderMeter>();
  const watch = (stream: LiveStream): void => {
    const meter = new EncoderMeter();
    meters.set(stream, meter);
    stream.subscribe(meter);
  };
  for (const stream of hub.streams) watch(stream);
  hub.listen({ opened: watch });
  const unknown = new EncoderMeter();
  return { of: (stream) => (meters.get(stream) ?? unknown).figures };
}

/** The figures of one stream's first picture and sound tracks. */
export class EncoderMeter {
  readonly patient = true;
  #video = new VideoMeter();
  #audio = new AudioMeter(undefined);

  packet(packet: Packet): void {
    if (packet.kind === 'data' || packet.track !== 0) return;
    if (packet.kind === 'video') this.#video.packet(packet);
    else this.#audio.packet(packet);
  }

  /** What follows has nothing to do with what was, but for the sound's configuration. */
  discontinuity(): void {
    this.#video = new VideoMeter();
    this.#audio = new AudioMeter(this.#audio.frame);
  }

  get figures(): EncoderFigures {
    return { ...this.#video.figures, ...this.#audio.figures };
  }
}

class VideoMeter {
  #last: number | undefined;
  #key: number | undefined;
  #interval: number | undefined;
  #highest = -Infinity;
  #reorderedAt = -Infinity;
  /** Usual distance of two frames, µs. */
  #usual = 0;
  #windowEnds = 0;
  #frames = 0;
  #irregular = 0;
  #variable = false;

  packet({ role, dts, pts }: VideoPacket): void {
    if (role === 'config') return;
    if (pts < this.#highest) this.#reorderedAt = dts;
    else this.#highest = pts;
    if (this.#last !== undefined) this.#distance(dts - this.#last, dts);
    this.#last = dts;
    if (role === 'key') {
      if (this.#key !== undefined) this.#interval = dts - this.#key;
      this.#key = dts;
    }
    // One that never sends a key frame keeps everybody waiting, from its first frame on.
    this.#key ??= dts;
  }

  #distance(distance: number, dts: number): void {
    if (this.#usual === 0) this.#usual = distance;
    const off = distance - this.#usual;
    this.#frames++;
    if (Math.abs(off) > this.#usual * IRREGULAR) this.#irregular++;
    // A single long one moves the usual little.
    this.#usual += Math.min(off, this.#usual) / 16;
    if (dts < this.#windowEnds) return;
    if (this.#windowEnds > 0 && this.#frames >= FEWEST) {
      this.#variable = this.#irregular > this.#frames * MOST_IRREGULAR;
    }
    this.#windowEnds = dts + WINDOW;
    this.#frames = this.#irregular = 0;
  }

  get figures() {
    const interval = this.#interval ?? null;
    const since = this.#last === undefined ? null : this.#last - this.#key!;
    return {
      keyFrameInterval: seconds(interval),
      keyFrameWait: seconds(since === null ? null : Math.max(interval ?? 0, since)),
      bFrames: this.#last !== undefined && this.#last - this.#reorderedAt < WINDOW,
      variableFrameRate: this.#variable,
    };
  }
}

class AudioMeter {
  /** Length of a frame by its samples, µs; undefined where the codec does not say. */
  frame: number | undefined;
  #last: number | undefined;
  #gaps = 0;
  #gapAt = -Infinity;
  #windowBegan = 0;
  /** µs by which the time stamps outran the samples within the window. */
  #ahead = 0;
  #drift: number | null = null;

  constructor(frame: number | undefined) {
    this.frame = frame;
  }

  packet({ codec, role, dts, payload }: AudioPacket): void {
    if (role === 'config') {
      this.frame = codec === 'aac' ? aacFrame(payload) : undefined;
      return;
    }
    if (this.frame === undefined) return;
    if (this.#last === undefined) this.#windowBegan = dts;
    else {
      const ahead = dts - this.#last - this.frame;
      if (ahead > this.frame + GAP) {
        this.#gaps++;
        this.#gapAt = dts;
        this.#windowBegan += ahead;
      } else this.#ahead += ahead;
      if (dts - this.#windowBegan >= WINDOW) {
        this.#drift = Math.round((this.#ahead * 60_000) / (dts - this.#windowBegan));
        this.#windowBegan = dts;
        this.#ahead = 0;
      }
    }
    this.#last = dts;
  }

  get figures() {
    return {
      gaps: this.#gaps,
      gapsOfLate: this.#last !== undefined && this.#last - this.#gapAt < LATE,
      drift: this.#drift,
    };
  }
}

/** µs */
function aacFrame(config: Uint8Array): number | undefined {
  try {
    const { frameLength, sampleRate } = parseAacConfig(config);
    return (frameLength * 1e6) / sampleRate;
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function seconds(microseconds: number | null): number | null {
  return microseconds === null ? null : Math.round(microseconds / 1000) / 1000;
}
