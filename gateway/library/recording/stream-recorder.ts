import type { DataPacket, Packet } from '../../../shared/media.ts';
import type { PacketConsumer, Stream, StreamState } from '../../live/stream.ts';
import type { FlvFile } from './flv-file.ts';
import { Recording, type RecordingFailure } from './recording.ts';

/** What `stat` shows of a stream's recording. */
export interface RecordingStatus {
  /** The stream. */
  readonly name: string;
  readonly recording: boolean;
  /** Bytes written. */
  readonly bytes: number;
  /** Why the last one of this stream could not go on. */
  readonly error: string | null;
}

export interface StreamRecorderOptions {
  /** Whether the stream is to be recorded without being asked for. */
  readonly wanted: () => boolean;
  readonly create: () => Promise<FlvFile>;
  readonly begun: (recording: Recording) => void;
}

/** Recording of one stream: decides when a file begins and ends. */
export class StreamRecorder implements PacketConsumer {
  /** A file does not mind when it is written. */
  readonly patient = true;
  recording: Recording | undefined;
  #stream: Stream;
  #options: StreamRecorderOptions;
  #unsubscribe: () => void;
  /** A file was begun, asked to stop or failed since the stream began: nothing begins by itself. */
  #decided = false;
  #error: string | null = null;

  constructor(stream: Stream, options: StreamRecorderOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#unsubscribe = stream.subscribe(this);
  }

  get isLive(): boolean {
    return this.#stream.state === 'live';
  }

  get status(): RecordingStatus {
    const { recording } = this;
    return {
      name: this.#stream.name,
      recording: recording !== undefined,
      bytes: recording?.bytes ?? 0,
      error: this.#error,
    };
  }

  /** Begins a file with what a joiner would get: set-up, and the media since the last key frame. */
  begin(): Recording {
    return this.#begin(this.#stream.gop);
  }

  #begin(media: readonly Packet[]): Recording {
    this.#decided = true;
    this.#error = null;
    const recording = new Recording(this.#options.create);
    this.recording = recording;
    const { metadata, tracks } = this.#stream;
    const opening: Packet[] = [...asArray(metadata), ...tracks.configs, ...media];
    for (const packet of opening) {
      recording.continuesWith(packet);
      recording.push(packet);
    }
    void recording.ended.then((end) => {
      if (this.recording === recording) this.recording = undefined;
      if (end.failure) this.#error = end.failure.message;
    });
    this.#options.begun(recording);
    return recording;
  }

  /** The recording, if there is one, is over and none begins by itself any more. */
  stop(): Recording | undefined {
    const { recording } = this;
    this.#decided = true;
    this.recording = undefined;
    return recording;
  }

  fail(failure: RecordingFailure): void {
    void this.stop()?.end(failure);
  }

  packet(packet: Packet): void {
    const { recording } = this;
    if (!recording) {
      const begins = packet.kind !== 'data' && packet.role !== 'config';
      if (begins && !this.#decided && this.#options.wanted()) this.#begin([packet]);
      return;
    }
    if (recording.isEnded) return;
    if (recording.continuesWith(packet)) {
      recording.push(packet);
    } else {
      this.recording = undefined;
      void recording.end();
      this.#begin([packet]);
    }
  }

  state(state: StreamState): void {
    if (state !== 'ended') return;
    void this.stop()?.end();
    this.#decided = false;
  }

  close(): void {
    this.#unsubscribe();
    void this.stop()?.end();
  }
}

const asArray = (packet: DataPacket | undefined): DataPacket[] => (packet ? [packet] : []);
