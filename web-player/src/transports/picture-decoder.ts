/** Encoded pictures in, decoded frames out, by WebCodecs; survives changes of codec and damage. */
import type { VideoCodec } from '../../../shared/media.ts';
import { PlaybackError } from '../playback/playback-error.ts';
import { videoConfig, type PictureConfig } from './codec-names.ts';

/** A decoder this far behind will not catch up by itself: on to the next key frame. */
const MAX_QUEUE = 90;
/** So many broken decoders in a row mean that the browser cannot do it. */
const MAX_FAILURES = 3;

export interface PictureDecoderListener {
  /** A frame is ready; the receiver closes it. `timestamp` is its pts in µs. */
  frame(frame: VideoFrame): void;
  failed(error: PlaybackError): void;
}

export class PictureDecoder {
  readonly #listener: PictureDecoderListener;
  #decoder: VideoDecoder | undefined;
  #record: Uint8Array | undefined;
  #config: PictureConfig | undefined;
  #needsKey = true;
  #failures = 0;
  /** Whether anything of this configuration was ever decoded. */
  #works = false;
  #skipped = 0;

  constructor(listener: PictureDecoderListener) {
    this.#listener = listener;
  }

  /** The codec as RFC 6381 writes it. */
  get codec(): string | undefined {
    return this.#config?.codec;
  }

  /** Frames that were not decoded, for want of a key frame or of time. */
  get skipped(): number {
    return this.#skipped;
  }

  /** A decoder configuration record came; it is copied. */
  configure(codec: VideoCodec, record: Uint8Array): void {
    if (sameBytes(this.#record, record)) return;
    this.#record = record.slice();
    this.#works = false;
    this.#config = videoConfig(codec, record);
    if (this.#config === undefined) {
      const message = `WebCodecs has no decoder for this ${codec} video.`;
      this.#listener.failed(new PlaybackError('codec', message));
      return;
    }
    this.#open();
  }

  decode(key: boolean, pts: number, data: Uint8Array): void {
    const decoder = this.#decoder;
    if (decoder?.state !== 'configured') return;
    if (decoder.decodeQueueSize > MAX_QUEUE) this.#needsKey = true;
    if (this.#needsKey && !key) {
      this.#skipped += 1;
      return;
    }
    this.#needsKey = false;
    decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp: pts, data }));
  }

  close(): void {
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
  }

  #open(): void {
    this.close();
    const config = this.#config;
    if (config === undefined) return;
    this.#needsKey = true;
    const decoder = new VideoDecoder({
      output: (frame) => {
        this.#failures = 0;
        this.#works = true;
        this.#listener.frame(frame);
      },
      error: (cause) => this.#broken(decoder, cause),
    });
    this.#decoder = decoder;
    try {
      decoder.configure(config);
    } catch (cause) {
      this.#broken(decoder, cause);
    }
  }

  #broken(decoder: VideoDecoder, cause: unknown): void {
    if (decoder !== this.#decoder) return;
    this.#failures += 1;
    const name = this.#config?.codec;
    if (cause instanceof DOMException && cause.name === 'NotSupportedError') {
      const message = `This browser's WebCodecs does not decode ${name}.`;
      this.#listener.failed(new PlaybackError('codec', message, { cause }));
    } else if (this.#failures > MAX_FAILURES) {
      const message = `The decoder for ${name} failed ${this.#failures} times in a row.`;
      this.#listener.failed(
        new PlaybackError(this.#works ? 'decode' : 'codec', message, { cause }),
      );
    } else {
      this.#open();
    }
  }
}

/** Whether two decoder configuration records are the same. */
export function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
