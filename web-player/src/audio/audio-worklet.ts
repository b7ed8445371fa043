/** Runs in the audio thread: plays decoded sound when it is due. */
import type { SoundReport, ToWorklet } from './messages.ts';
import { SoundBuffer } from './sound-buffer.ts';

/** The scope of audio worklets, which the DOM's types do not describe. */
declare const currentTime: number;
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: { channels: number } }) => AudioWorkletProcessor,
): void;

/** Quanta of 128 samples between two reports: five a second at 48 kHz. */
const REPORT_EVERY = 75;

class SoundProcessor extends AudioWorkletProcessor {
  readonly #buffer: SoundBuffer;
  #due: { pts: number; at: number } | undefined;
  #quanta = 0;

  constructor(options: { processorOptions: { channels: number } }) {
    super();
    this.#buffer = new SoundBuffer(sampleRate, options.processorOptions.channels);
    this.port.onmessage = (event: MessageEvent<ToWorklet>) => this.#take(event.data);
  }

  #take(message: ToWorklet): void {
    switch (message.type) {
      case 'sound':
        this.#buffer.write(message.pts, message.samples);
        return;
      case 'due':
        this.#due = message;
        return;
      case 'clear':
        this.#buffer.clear();
        return;
    }
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0];
    if (output === undefined || this.#due === undefined) return true;
    const due = this.#due.pts + (currentTime - this.#due.at) * 1000;
    const error = due - (this.#buffer.position ?? due);
    this.#buffer.play(output, due);
    this.#quanta += 1;
    if (this.#quanta % REPORT_EVERY === 0) {
      const report: SoundReport = { held: this.#buffer.held, gaps: this.#buffer.gaps, error };
      this.port.postMessage(report);
    }
    return true;
  }
}

registerProcessor('ams-sound', SoundProcessor);
