import type { AudioPacket } from '../../../shared/media.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';
import { FfmpegChild } from './ffmpeg-child.ts';

/** What ffmpeg did not read up to here is more than a second of sound: it hangs. */
const MAX_QUEUED_BYTES = 64 * 1024;
/** Length of an Opus packet, ms, and the encoder's rate, kbit/s: both constant. */
const PACKET_MS = 10;
const KBIT_RATE = 96;
const PACKET_BYTES = (KBIT_RATE * PACKET_MS) / 8;
/** What the encoder looks ahead with `lowdelay`, µs: its packets are of so much before. */
const LOOK_AHEAD = 2_500;
/** Sound that stays away for longer is a pause, µs: ffmpeg would fill it with silence all at once. */
const LEAST_PAUSE = 500_000;

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

/** Where the child's time stands on the stream's: from `from` µs of the child on, `base` is its zero. */
interface Anchor {
  readonly from: number;
  readonly base: number;
}

/**
 * Turns a stream's sound into Opus with one ffmpeg child; time stamps stay the stream's. The child
 * does not hear of pauses: its time runs on, and what comes out is put where it belongs.
 */
export class AudioTranscoder {
  readonly #child: FfmpegChild;
  #config: AudioPacket | undefined;
  /** Of what the child is given now; undefined until it is given something. */
  #anchor: Anchor | undefined;
  /** Of what comes out of it, and those that follow. */
  #anchors: Anchor[] = [];
  /** Stream time of the newest frame, µs, and how much later it came than the one before. */
  #newest = 0;
  #step = 0;

  constructor(program: string, events: AudioTranscoderEvents) {
    let rest: Buffer = Buffer.alloc(0);
    /** Stream time of the next packet, µs after the child's zero. */
    let time = 0;
    this.#child = new FfmpegChild(program, ARGUMENTS, {
      onStart: () => {
        this.#anchor = undefined;
        this.#anchors = [];
        rest = Buffer.alloc(0);
        time = -LOOK_AHEAD;
      },
      onOutput: (chunk) => {
        const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let at = 0;
        for (; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
          while (this.#anchors.length > 1 && this.#anchors[1]!.from <= time) this.#anchors.shift();
          // With a pause to come, this is what lay in the encoder: too late to be heard.
          if (this.#anchors.length === 1) {
            // Viewers keep packets for repeating them, and not the chunks that they came in.
            const packet = Buffer.from(bytes.subarray(at, at + PACKET_BYTES));
            events.onOpus(packet, this.#anchors[0]!.base + time);
          }
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
      if (this.#anchor !== undefined) this.#write(packet, this.#newest - this.#anchor.base);
      return;
    }
    if (!this.#child.running || this.#child.queued > MAX_QUEUED_BYTES) return;
    if (this.#anchor === undefined) {
      if (packet.codec === 'aac' && this.#config === undefined) return;
      this.#setAnchor({ from: -LOOK_AHEAD, base: packet.pts });
      this.#newest = packet.pts;
      this.#child.write(flvHeader({ audio: true, video: false }));
      if (this.#config !== undefined) this.#write(this.#config, 0);
    }
    this.#write(packet, this.#childTime(packet.pts));
  }

  stop(): void {
    this.#child.stop();
  }

  /** A frame's time for the child, µs: after a pause it follows the frame before it. */
  #childTime(pts: number): number {
    const step = pts - this.#newest;
    const time = pts - this.#anchor!.base;
    this.#newest = pts;
    if (step <= LEAST_PAUSE) {
      this.#step = step;
      return time;
    }
    const from = time - step + this.#step;
    this.#setAnchor({ from, base: pts - from });
    return from;
  }

  #setAnchor(anchor: Anchor): void {
    this.#anchor = anchor;
    this.#anchors.push(anchor);
  }

  #write(packet: AudioPacket, time: number): void {
    const tag = Buffer.allocUnsafe(tagSize(packet.body.length));
    writeTag(tag, 0, 'audio', Math.max(0, Math.round(time / 1000)), packet.body);
    this.#child.write(tag);
  }
}
