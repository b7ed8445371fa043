import type { AudioPacket } from '../../../shared/media.ts';
import type { Stream } from '../../live/stream.ts';
import { AudioTranscoder, canTranscodeAudio } from './audio-transcoder.ts';
import { SoundPacer } from './sound-pacer.ts';
import type { OpusListener, StreamTap } from './stream-tap.ts';
import { tapOf } from './stream-tap.ts';

export interface OutletSoundOptions {
  readonly stream: Stream;
  /** Path of ffmpeg; undefined where there is none. */
  readonly ffmpeg: string | undefined;
  /** Monotonic ms. */
  readonly clock: () => number;
  readonly warn: (message: string) => void;
  /** An Opus packet goes out; `pts`: stream time, µs. */
  readonly onOpus: OpusListener;
}

/** A stream's sound as Opus, evenly: as it came, from a WHIP publisher, or encoded anew. */
export class OutletSound {
  readonly #options: OutletSoundOptions;
  readonly #tap: StreamTap;
  readonly #pacer: SoundPacer;
  #transcoder: AudioTranscoder | undefined;
  #listeners = 0;
  #hasWarned = false;

  constructor(options: OutletSoundOptions) {
    this.#options = options;
    this.#pacer = new SoundPacer(options.clock, options.onOpus);
    this.#tap = tapOf(options.stream);
    this.#tap.listeners.add(this.#onOpus);
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
    this.#transcoder?.push(packet);
  }

  /** Nobody listens, nothing comes, or what comes next does not continue what came. */
  rest(): void {
    this.#transcoder?.stop();
    this.#transcoder = undefined;
    this.#pacer.reset();
  }

  close(): void {
    this.#tap.listeners.delete(this.#onOpus);
    this.rest();
  }

  readonly #onOpus: OpusListener = (packet, pts) => {
    if (this.#listeners > 0) this.#pacer.push(packet, pts);
  };

  #startTranscoder(packet: AudioPacket): AudioTranscoder | undefined {
    const { ffmpeg, stream, warn } = this.#options;
    if (ffmpeg === undefined || !canTranscodeAudio(packet.codec)) {
      this.#warn(packet.codec);
      return undefined;
    }
    const transcoder = new AudioTranscoder(ffmpeg, {
      onOpus: this.#onOpus,
      onDied: (words) => warn(`ffmpeg, which encodes Opus, ended and is started again: ${words}`),
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
