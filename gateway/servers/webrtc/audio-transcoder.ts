import type { AudioPacket } from '../../../shared/media.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';
import { ChildTime } from './child-time.ts';
import { FfmpegChild } from './ffmpeg-child.ts';

/** What ffmpeg did not read up to here is more than a second of sound: it hangs. */
const MAX_QUEUED_BYTES = 64 * 1024;
/** Length of an Opus packet, ms, and the encoder's rate, kbit/s: both constant. */
const PACKET_MS = 10;
const KBIT_RATE = 96;
const PACKET_BYTES = (KBIT_RATE * PACKET_MS) / 8;
/** What the encoder looks ahead with `lowdelay`, µs: its packets are of so much before. */
const LOOK_AHEAD = 2_500;

/**
 * FLV in, bare Opus packets out, each written as soon as its last sample is there. All are of one
 * size and length: that is what tells where each begins and what time it is. (MPEG-TS, which would
 * say both, keeps small packets until the next one comes.) `aresample` makes time run on evenly: it
 * fills short gaps and follows a clock that drifts; `res`, as it would forget its time when it first does.
 */
const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'error', '-fflags', '+nobuffer', '-flags', 'low_delay'],
  ...['-probesize', '32', '-analyzeduration', '0', '-f', 'flv', '-i', 'pipe:0', '-copyts'],
  ...['-map', '0:a:0', '-af', 'aresample=async=1000:first_pts=0:flags=+res'],
  ...['-ar', '48000', '-ac', '2', '-c:a', 'libopus', '-application', 'lowdelay', '-vbr', 'off'],
  ...['-frame_duration', String(PACKET_MS), '-b:a', `${KBIT_RATE}k`],
  ...['-f', 'data', '-flush_packets', '1', 'pipe:1'],
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
  readonly #time = new ChildTime();
  #config: AudioPacket | undefined;

  constructor(program: string, events: AudioTranscoderEvents) {
    let rest: Buffer = Buffer.alloc(0);
    /** Stream time of the next packet, µs after the child's zero. */
    let time = 0;
    this.#child = new FfmpegChild(program, ARGUMENTS, {
      onStart: () => {
        this.#time.reset();
        rest = Buffer.alloc(0);
        time = -LOOK_AHEAD;
      },
      onOutput: (chunk) => {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let at = 0;
        for (; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
          const pts = this.#time.toStream(time);
          // Viewers keep packets for repeating them, and not the chunks that they came in.
          if (pts !== undefined)
            events.onOpus(Buffer.from(bytes.subarray(at, at + PACKET_BYTES)), pts);
          time += PACKET_MS * 1000;
        }
        rest = bytes.subarray(at);
      },
      onDied: (words) => events.onDied(words),
    });
  }

  /** Takes a packet of the stream, configuration included. */
  push(packet: AudioPacket): void {
    if (packet.role === 'config') {
      this.#config = packet;
      if (this.#time.hasBegun) this.#write(packet, this.#time.now());
      return;
    }
    if (!this.#child.running || this.#child.queued > MAX_QUEUED_BYTES) return;
    if (!this.#time.hasBegun) {
      if (packet.codec === 'aac' && this.#config === undefined) return;
      this.#child.write(flvHeader({ audio: true, video: false }));
      if (this.#config !== undefined) this.#write(this.#config, 0);
    }
    this.#write(packet, this.#time.toChild(packet.pts));
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
