import type { AudioPacket } from '../../../shared/media.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';
import { OpusTsReader } from '../../protocols/opus/ts-reader.ts';
import { FfmpegChild } from './ffmpeg-child.ts';

/** ffmpeg's output begins here, so that the encoder's lead-in has no negative time, s. */
const OFFSET_SECONDS = 10;
/** The first elementary stream of ffmpeg's MPEG-TS muxer. */
const OPUS_PID = 0x100;
/** What ffmpeg did not read up to here is more than a second of sound: it hangs. */
const MAX_QUEUED_BYTES = 64 * 1024;

/**
 * FLV in, Opus in MPEG-TS out, nothing held back: one Opus frame of 10 ms a PES packet, flushed at
 * once; `aresample` fills gaps and follows a clock that drifts.
 */
const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'error', '-fflags', '+nobuffer', '-flags', 'low_delay'],
  ...['-probesize', '32', '-analyzeduration', '0', '-f', 'flv', '-i', 'pipe:0', '-vn', '-copyts'],
  ...['-af', 'aresample=async=1000', '-ar', '48000', '-ac', '2'],
  ...['-c:a', 'libopus', '-application', 'lowdelay', '-frame_duration', '10', '-b:a', '96k'],
  ...['-f', 'mpegts', '-muxdelay', '0', '-muxpreload', '0', '-flush_packets', '1'],
  ...['-pes_payload_size', '0', '-output_ts_offset', String(OFFSET_SECONDS), 'pipe:1'],
];

/** Codecs that ffmpeg reads from FLV. */
const READABLE: ReadonlySet<string> = new Set([
  ...['aac', 'mp3', 'speex', 'nellymoser', 'pcm', 'g711a', 'g711u'],
]);

export const canTranscodeAudio = (codec: string): boolean => READABLE.has(codec);

export interface AudioTranscoderEvents {
  /** An Opus packet of 10 ms; `pts`: stream time, µs. */
  onOpus(packet: Buffer, pts: number): void;
  onDied(words: string): void;
}

/** Turns a stream's sound into Opus with one ffmpeg child; time stamps stay the stream's. */
export class AudioTranscoder {
  readonly #child: FfmpegChild;
  #config: AudioPacket | undefined;
  /** Stream time of the child's zero, µs. */
  #base: number | undefined;

  constructor(program: string, events: AudioTranscoderEvents) {
    let reader = new OpusTsReader(OPUS_PID, () => {});
    this.#child = new FfmpegChild(program, ARGUMENTS, {
      onStart: () => {
        this.#base = undefined;
        reader = new OpusTsReader(OPUS_PID, (packet, pts) => {
          const base = this.#base;
          if (base !== undefined) {
            events.onOpus(packet, base + Math.round(((pts - OFFSET_SECONDS * 90_000) * 100) / 9));
          }
        });
      },
      onOutput: (chunk) => reader.push(chunk),
      onDied: (words) => events.onDied(words),
    });
  }

  /** Takes a packet of the stream, configuration included. */
  push(packet: AudioPacket): void {
    if (packet.role === 'config') {
      this.#config = packet;
      if (this.#base !== undefined) this.#write(packet, packet.dts - this.#base);
      return;
    }
    if (!this.#child.running || this.#child.queued > MAX_QUEUED_BYTES) return;
    if (this.#base === undefined) {
      if (packet.codec === 'aac' && this.#config === undefined) return;
      this.#base = packet.pts;
      this.#child.write(flvHeader({ audio: true, video: false }));
      if (this.#config !== undefined) this.#write(this.#config, 0);
    }
    this.#write(packet, packet.pts - this.#base);
  }

  stop(): void {
    this.#child.stop();
  }

  #write(packet: AudioPacket, time: number): void {
    const tag = Buffer.allocUnsafe(tagSize(packet.body.length));
    writeTag(tag, 0, 'audio', Math.max(0, Math.round(time / 1000)), packet.body);
    this.#child.write(tag);
  }
}
