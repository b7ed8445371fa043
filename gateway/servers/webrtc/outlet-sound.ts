import type { AudioPacket } from '../../../shared/media.ts';
import type { Stream } from '../../live/stream.ts';
import { AudioTranscoder, canTranscodeAudio } from './audio-transcoder.ts';
import { isShortOpus, OpusPairs } from './opus-pairs.ts';
import { SoundPacer } from './sound-pacer.ts';
import type { OpusListener, StreamTap } from './stream-tap.ts';
import { tapOf } from './stream-tap.ts';

/** An encoder that starts lets out what has waited; what is older than this is left out, µs. */
const OLD = 50_000;
/** An encoder that is still behind after this time is slow, not starting, ms. */
const START_MS = 2_000;

/** Who gets a packet: all, or those who take packets of 10 ms, or those who take 20 ms. */
export type OpusAudience = 'all' | 'short' | 'long';

export interface OutletSoundOptions {
  readonly stream: Stream;
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  /** Monotonic ms. */
  readonly clock: () => number;
  readonly warn: (message: string) => void;
  /** An Opus packet goes out; `pts`: stream time, µs. */
  readonly onOpus: (packet: Uint8Array, pts: number, audience: OpusAudience) => void;
}

/** A stream's sound as Opus, evenly: as it came, from a WHIP publisher, or encoded anew. */
export class OutletSound {
  readonly #options: OutletSoundOptions;
  readonly #tap: StreamTap;
  readonly #pacer: SoundPacer;
  readonly #pairs: OpusPairs;
  #transcoder: AudioTranscoder | undefined;
  /** Since when the encoder has been starting, ms; undefined once it keeps up. */
  #startingSince: number | undefined;
  /** Stream time of the newest frame that went into it, µs. */
  #newest = 0;
  #listeners = 0;
  #hasWarned = false;

  constructor(options: OutletSoundOptions) {
    this.#options = options;
    const { clock, onOpus } = options;
    this.#pairs = new OpusPairs((packet, pts) => onOpus(packet, pts, 'long'));
    this.#pacer = new SoundPacer(clock, (packet, pts) => {
      const isShort = isShortOpus(packet);
      onOpus(packet, pts, isShort ? 'short' : 'all');
      if (isShort) this.#pairs.push(packet, pts);
    });
    this.#tap = tapOf(options.stream);
    this.#tap.listeners.add(this.#onOpus);
  }

  /** The sound is encoded anew, and somebody listens. */
  get isEncoding(): boolean {
    return this.#transcoder !== undefined;
  }

  /** Somebody will listen: the encoder may start while the connection is made. Answers how to say
   *  that nobody does any more. */
  want(): () => void {
    this.#listeners++;
    let isWanted = true;
    return () => {
      if (!isWanted) return;
      isWanted = false;
      if (--this.#listeners === 0) this.rest();
    };
  }

  push(packet: AudioPacket): void {
    if (this.#listeners === 0 || this.#tap.source?.hasOpus === true) return;
    if (packet.codec === 'opus') {
      if (packet.role !== 'config') this.#onOpus(packet.payload, packet.pts);
      return;
    }
    this.#transcoder ??= this.#startTranscoder(packet);
    this.#newest = packet.pts;
    this.#transcoder?.push(packet);
  }

  /** Nobody listens, nothing comes, or what comes next does not continue what came. */
  rest(): void {
    this.#transcoder?.stop();
    this.#transcoder = undefined;
    this.#pacer.reset();
    this.#pairs.reset();
  }

  close(): void {
    this.#tap.listeners.delete(this.#onOpus);
    this.rest();
  }

  readonly #onOpus: OpusListener = (packet, pts) => {
    if (this.#listeners > 0) this.#pacer.push(packet, pts);
  };

  /** Sound that has waited for its encoder's start would stay as delay for seconds. */
  #onEncoded(packet: Uint8Array, pts: number): void {
    if (this.#startingSince !== undefined) {
      const isStarting = this.#options.clock() - this.#startingSince < START_MS;
      if (isStarting && this.#newest - pts > OLD) return;
      this.#startingSince = undefined;
    }
    this.#onOpus(packet, pts);
  }

  #startTranscoder(packet: AudioPacket): AudioTranscoder | undefined {
    const { ffmpeg, stream, warn } = this.#options;
    if (ffmpeg === undefined || !canTranscodeAudio(packet.codec)) {
      this.#warn(packet.codec);
      return undefined;
    }
    this.#startingSince = this.#options.clock();
    const transcoder = new AudioTranscoder(ffmpeg, {
      onOpus: (opus, pts) => this.#onEncoded(opus, pts),
      onDied: (words) => {
        this.#startingSince = this.#options.clock();
        warn(`ffmpeg, which encodes Opus, ended and is started again: ${words}`);
      },
    });
    for (const config of stream.tracks.configs) {
      if (config.kind === 'audio' && config.track === 0) transcoder.push(config);
    }
    return transcoder;
  }

  #warn(codec: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { ffmpeg, warn } = this.#options;
    const reason = ffmpeg === undefined ? 'ffmpeg is not installed' : 'ffmpeg cannot read it';
    warn(`WebRTC viewers get no sound: it is ${codec}, and ${reason}.`);
  }
}
