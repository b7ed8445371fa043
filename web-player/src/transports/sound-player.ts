/** Encoded sound in, heard when it is due: WebCodecs' decoder, an audio worklet, a volume. */
import type { AudioCodec } from '../../../shared/media.ts';
import type { SoundReport, ToWorklet } from '../audio/messages.ts';
import { audioConfig, hasNoRecord, type SoundConfig } from './codec-names.ts';
import { sameBytes } from './picture-decoder.ts';

export interface SoundPlayerListener {
  /** Decoded sound with time `pts` (ms) has been handed to the worklet. */
  ready(pts: number): void;
  report(report: SoundReport): void;
  /** This sound cannot be decoded; the picture goes on without it. */
  unsupported(codec: AudioCodec): void;
  /** The browser wants a touch before it makes a sound. */
  refused(): void;
}

/** How long a context may take to start before the browser is taken to refuse it, ms. */
const START_LIMIT = 400;

export class SoundPlayer {
  readonly #listener: SoundPlayerListener;
  #context: AudioContext | undefined;
  #node: AudioWorkletNode | undefined;
  #gain: GainNode | undefined;
  #decoder: AudioDecoder | undefined;
  #config: SoundConfig | undefined;
  #record: Uint8Array | undefined;
  /** Times of what is in the decoder, ms. */
  #decoding: number[] = [];
  #volume: number;
  #muted: boolean;
  #closed = false;
  /** Kinds of sound found undecodable, so that each is tried once. */
  readonly #hopeless = new Set<string>();

  constructor(listener: SoundPlayerListener, volume: number, muted: boolean) {
    this.#listener = listener;
    this.#volume = volume;
    this.#muted = muted;
  }

  get codec(): string | undefined {
    return this.#config?.codec;
  }

  /** Whether sound is being made, and must be in step with the picture. */
  get running(): boolean {
    return !this.#muted && this.#context?.state === 'running' && this.#node !== undefined;
  }

  /** From the worklet to the ear, in ms, as far as the browser knows. */
  get latency(): number {
    const context = this.#context;
    if (context === undefined) return 0;
    const heard = this.#heardNow(context);
    return Math.max(0, (context.currentTime - heard) * 1000);
  }

  /** A frame of sound, or what its decoder needs to know; `pts` in ms. */
  take(kind: 'config' | 'frame', codec: AudioCodec, pts: number, data: Uint8Array): void {
    if (kind === 'config' || (this.#record === undefined && hasNoRecord(codec))) {
      if (!sameBytes(this.#record, data)) this.#configure(codec, data);
      if (kind === 'config') return;
    }
    // Nobody hears it: nothing to decode.
    if (!this.running || this.#decoder?.state !== 'configured') return;
    this.#decoding.push(pts);
    this.#decoder.decode(
      new EncodedAudioChunk({ type: 'key', timestamp: Math.round(pts * 1000), data }),
    );
  }

  /** The sound with time `pts` (ms) is to be heard at `when`, by `performance.now()`. */
  schedule(pts: number, when: number): void {
    const context = this.#context;
    if (context === undefined || !this.running) return;
    const at = this.#heardNow(context) + (when - performance.now()) / 1000;
    // A sample rendered at the context's time t is heard when the output reaches t.
    this.#post({ type: 'due', pts, at });
  }

  clear(): void {
    this.#post({ type: 'clear' });
  }

  setSound(volume: number, muted: boolean): void {
    const wasMuted = this.#muted;
    this.#volume = volume;
    this.#muted = muted;
    if (this.#gain !== undefined && this.#context !== undefined) {
      this.#gain.gain.setTargetAtTime(muted ? 0 : volume, this.#context.currentTime, 0.01);
    }
    if (wasMuted && !muted) {
      this.clear();
      this.#start();
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#node?.disconnect();
    this.#node = undefined;
    void this.#context?.close();
    this.#context = undefined;
  }

  #configure(codec: AudioCodec, record: Uint8Array): void {
    this.#record = record.slice();
    const config = audioConfig(codec, record);
    const name = config?.codec ?? codec;
    if (this.#hopeless.has(name)) return;
    if (config === undefined) {
      this.#hopeless.add(name);
      this.#listener.unsupported(codec);
      return;
    }
    const sameFormat =
      this.#config?.sampleRate === config.sampleRate &&
      this.#config.numberOfChannels === config.numberOfChannels;
    this.#config = config;
    this.#openDecoder(codec, config);
    if (!sameFormat) this.#openOutput(config);
  }

  #openDecoder(codec: AudioCodec, config: SoundConfig): void {
    if (this.#decoder !== undefined && this.#decoder.state !== 'closed') this.#decoder.close();
    const decoder = new AudioDecoder({
      output: (data) => this.#decoded(data),
      error: (error) => {
        if (decoder !== this.#decoder || this.#closed) return;
        if (error.name === 'NotSupportedError') {
          this.#hopeless.add(config.codec);
          this.#listener.unsupported(codec);
        } else {
          this.#openDecoder(codec, config);
        }
      },
    });
    this.#decoder = decoder;
    this.#decoding = [];
    decoder.configure(config);
  }

  /** Makes the output in the stream's own sample rate, so that the browser resamples but once. */
  #openOutput(config: SoundConfig): void {
    this.#node?.disconnect();
    this.#node = undefined;
    void this.#context?.close();
    const context = new AudioContext({
      latencyHint: 'interactive',
      sampleRate: config.sampleRate,
    });
    this.#context = context;
    const module = new URL(__AUDIO_WORKLET__, import.meta.url);
    context.audioWorklet.addModule(module).then(
      () => {
        if (this.#context !== context) return;
        const channels = config.numberOfChannels;
        const node = new AudioWorkletNode(context, 'ams-sound', {
          numberOfInputs: 0,
          outputChannelCount: [channels],
          processorOptions: { channels },
        });
        node.port.onmessage = (event: MessageEvent<SoundReport>) => {
          this.#listener.report(event.data);
        };
        this.#gain = new GainNode(context, { gain: this.#muted ? 0 : this.#volume });
        node.connect(this.#gain).connect(context.destination);
        this.#node = node;
      },
      () => this.#listener.unsupported('pcm'),
    );
    if (!this.#muted) this.#start();
  }

  /** Starts the output; a browser that wants a touch first leaves it suspended. */
  #start(): void {
    const context = this.#context;
    if (context === undefined) return;
    void context.resume().catch(() => undefined);
    setTimeout(() => {
      if (this.#closed || this.#context !== context || this.#muted) return;
      if (context.state !== 'running') this.#listener.refused();
    }, START_LIMIT);
  }

  #decoded(data: AudioData): void {
    // Decoders may count the time on from their first frame, over gaps that the stream has; so each
    // frame gets the time back with which it went in.
    const pts = this.#decoding.shift() ?? data.timestamp / 1000;
    const samples = samplesOf(data);
    data.close();
    this.#post(
      { type: 'sound', pts, samples },
      samples.map((plane) => plane.buffer),
    );
    this.#listener.ready(pts);
  }

  /** The context's time that is being heard now. */
  #heardNow(context: AudioContext): number {
    const { contextTime, performanceTime } = context.getOutputTimestamp();
    if (contextTime === undefined || performanceTime === undefined || contextTime === 0) {
      return context.currentTime - (context.outputLatency || context.baseLatency);
    }
    return contextTime + (performance.now() - performanceTime) / 1000;
  }

  #post(message: ToWorklet, transfer: Transferable[] = []): void {
    this.#node?.port.postMessage(message, transfer);
  }
}

/**
 * The samples by channel. They are copied interleaved where the browser can: WebKitGTK 2.50 writes
 * outside of the memory when it copies them channel by channel, and the page ends.
 */
export function samplesOf(data: AudioData): Float32Array<ArrayBuffer>[] {
  const { numberOfChannels: channels, numberOfFrames: frames } = data;
  const samples = Array.from({ length: channels }, () => new Float32Array(frames));
  const together = new Float32Array(frames * channels);
  try {
    data.copyTo(together, { planeIndex: 0, format: 'f32' });
  } catch {
    // Browsers must know 'f32-planar' only.
    samples.forEach((plane, planeIndex) => {
      data.copyTo(plane, { planeIndex, format: 'f32-planar' });
    });
    return samples;
  }
  samples.forEach((plane, channel) => {
    for (let frame = 0; frame < frames; frame += 1) {
      plane[frame] = together[frame * channels + channel] ?? 0;
    }
  });
  return samples;
}
