import { FlvDemuxer } from '../../../shared/flv/demuxer.ts';
import { buildOpusConfig } from '../../../shared/codecs/opus.ts';
import { webmHeader, webmPacket } from '../../protocols/opus/webm-writer.ts';
import { ChildTime } from './child-time.ts';
import { FfmpegChild } from './ffmpeg-child.ts';

const MAX_QUEUED_BYTES = 64 * 1024;
/** Browsers and OBS send stereo or mono; Opus decodes either to two channels. */
const CHANNELS = 2;

/** WebM in, AAC in FLV out, nothing held back; `aresample` fills what the network lost. */
const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'error', '-fflags', '+nobuffer', '-flags', 'low_delay'],
  ...['-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0', '-vn'],
  ...['-copyts', '-af', 'aresample=async=1000', '-ar', '48000', '-ac', '2'],
  ...['-c:a', 'aac', '-b:a', '128k', '-f', 'flv', '-flvflags', 'no_duration_filesize'],
  ...['-flush_packets', '1', 'pipe:1'],
];

export interface OpusToAacEvents {
  /** The body of an FLV audio tag (configuration or frame) and its time, ms. */
  onTag(body: Uint8Array, ms: number): void;
  onDied(words: string): void;
}

/** Turns a WHIP publisher's Opus into AAC with one ffmpeg child; time stamps are kept. */
export class OpusToAac {
  readonly #child: FfmpegChild;
  readonly #time = new ChildTime();

  constructor(program: string, events: OpusToAacEvents) {
    let demuxer = new FlvDemuxer();
    this.#child = new FfmpegChild(program, ARGUMENTS, {
      onStart: () => {
        this.#time.reset();
        demuxer = new FlvDemuxer();
      },
      onOutput: (chunk) => {
        for (const { type, timestamp, body } of demuxer.push(chunk)) {
          if (type !== 'audio') continue;
          const pts = this.#time.toStream(timestamp * 1000);
          if (pts !== undefined) events.onTag(body, Math.round(pts / 1000));
        }
      },
      onDied: (words) => events.onDied(words),
    });
  }

  /** Takes a packet; `ms` does not decrease. */
  push(packet: Uint8Array, ms: number): void {
    if (!this.#child.running || this.#child.queued > MAX_QUEUED_BYTES) return;
    if (!this.#time.hasBegun) {
      const head = buildOpusConfig({ channels: CHANNELS, preSkip: 0, inputSampleRate: 48000 });
      this.#child.write(webmHeader(head, CHANNELS));
    }
    const time = Math.round(this.#time.toChild(ms * 1000) / 1000);
    this.#child.write(webmPacket(packet, Math.max(0, time)));
  }

  stop(): void {
    this.#child.stop();
  }
}
