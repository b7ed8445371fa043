import { FlvDemuxer } from '../../../shared/flv/demuxer.ts';
import { parseVideoTag } from '../../../shared/flv/video-tag.ts';
import type { VideoPacket } from '../../../shared/media.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';
import { FfmpegChild } from './ffmpeg-child.ts';

/** What ffmpeg did not read up to here is seconds of picture: it cannot keep up. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

/**
 * FLV in, H.264 without B-frames in FLV out. One decoding thread: frame threads would each hold a
 * frame back. `zerolatency` encodes each frame as it comes; a key frame every two seconds.
 */
const ARGUMENTS = [
  ...['-hide_banner', '-loglevel', 'error', '-probesize', '32', '-analyzeduration', '0'],
  ...['-fpsprobesize', '0', '-threads', '1', '-f', 'flv', '-i', 'pipe:0', '-an', '-copyts'],
  ...['-fps_mode', 'passthrough', '-c:v', 'libx264', '-preset', 'veryfast'],
  ...['-tune', 'zerolatency', '-profile:v', 'main', '-pix_fmt', 'yuv420p'],
  ...['-crf', '23', '-maxrate', '6M', '-bufsize', '6M', '-g', '240'],
  ...['-force_key_frames', 'expr:gte(t,n_forced*2)'],
  ...['-f', 'flv', '-flvflags', 'no_duration_filesize', '-flush_packets', '1', 'pipe:1'],
];

export interface VideoTranscoderEvents {
  /** A picture or configuration; times are the stream's, `pts` equals `dts`. */
  onPacket(packet: VideoPacket): void;
  onDied(words: string): void;
}

/** Encodes a stream's picture anew without B-frames, in one ffmpeg child. */
export class VideoTranscoder {
  readonly #child: FfmpegChild;
  #config: VideoPacket | undefined;
  /** Stream time of the child's zero, µs. */
  #base: number | undefined;
  #isSkipping = false;

  constructor(program: string, events: VideoTranscoderEvents) {
    let demuxer = new FlvDemuxer();
    this.#child = new FfmpegChild(program, ARGUMENTS, {
      onStart: () => {
        this.#base = undefined;
        demuxer = new FlvDemuxer();
      },
      onOutput: (chunk) => {
        for (const { type, timestamp, body } of demuxer.push(chunk)) {
          if (type !== 'video' || this.#base === undefined) continue;
          const time = this.#base + timestamp * 1000;
          for (const tag of parseVideoTag(body)) {
            if (tag.kind !== 'frame' && tag.kind !== 'config') continue;
            const role = tag.kind === 'config' ? 'config' : tag.key ? 'key' : 'delta';
            const { codec, payload } = tag;
            const pts = time + tag.compositionTime;
            events.onPacket({
              kind: 'video',
              codec,
              track: 0,
              role,
              dts: time,
              pts,
              payload,
              body,
            });
          }
        }
      },
      onDied: (words) => events.onDied(words),
    });
  }

  /** Takes a packet of the stream, configuration included. */
  push(packet: VideoPacket): void {
    if (packet.role === 'config') {
      this.#config = packet;
      if (this.#base !== undefined) this.#write(packet);
      return;
    }
    if (!this.#child.running) return;
    // Rather a jump to the next key frame than a delay that grows.
    if (this.#child.queued > MAX_QUEUED_BYTES) this.#isSkipping = true;
    if (packet.role === 'key' && this.#child.queued < MAX_QUEUED_BYTES / 4)
      this.#isSkipping = false;
    if (this.#isSkipping) return;
    if (this.#base === undefined) {
      if (packet.role !== 'key' || this.#config === undefined) return;
      this.#base = packet.dts;
      this.#child.write(flvHeader({ audio: false, video: true }));
      this.#write({ ...this.#config, dts: packet.dts });
    }
    this.#write(packet);
  }

  stop(): void {
    this.#child.stop();
  }

  #write(packet: VideoPacket): void {
    const tag = Buffer.allocUnsafe(tagSize(packet.body.length));
    const ms = Math.max(0, Math.round((packet.dts - this.#base!) / 1000));
    writeTag(tag, 0, 'video', ms, packet.body);
    this.#child.write(tag);
  }
}
