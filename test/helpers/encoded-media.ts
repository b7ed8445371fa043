import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOpusConfig } from '../../shared/codecs/opus.ts';
import type { AudioCodec, MediaPacket, VideoCodec } from '../../shared/media.ts';
import { boxAt, boxesOf, readFragments, sampleEntryOf } from './mp4-boxes.ts';
import { run } from './processes.ts';
import type { Scope } from './scope.ts';
import { tempDir } from './temp-dir.ts';

export interface EncodeOptions {
  /** Arguments that choose and set the video encoder; none: no video. */
  readonly video?: readonly string[];
  readonly audio?: readonly string[];
  readonly seconds?: number;
  /** Pixels, such as `320x180`. */
  readonly size?: string;
  /** Hz of the tone. */
  readonly sampleRate?: number;
}

export interface EncodedMedia {
  /** Configuration packets, at time 0, then access units by decoding time: as a publisher sends. */
  readonly packets: readonly MediaPacket[];
  /** The file that ffmpeg made: another writer's opinion on how it should look. */
  readonly file: Buffer;
}

/** H.264 as live encoders make it; key frames each second. */
export const X264 = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-threads', '1'],
  ...['-g', '25', '-keyint_min', '25', '-sc_threshold', '0', '-bf', '0'],
];
export const AAC = ['-c:a', 'aac', '-b:a', '64k'];

/**
 * Encodes a test picture and a tone with ffmpeg's encoders and takes the access units out of the
 * fragmented MP4 that it writes. Times are rounded to ms, as they come over RTMP.
 */
export async function encode(scope: Scope, options: EncodeOptions): Promise<EncodedMedia> {
  const { video, audio, seconds = 3, size = '320x180', sampleRate = 44_100 } = options;
  const path = join(await tempDir(scope), 'encoded.mp4');
  const args = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
  if (video) args.push('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`);
  if (audio) {
    args.push(
      '-f',
      'lavfi',
      '-i',
      `sine=frequency=440:sample_rate=${sampleRate}:duration=${seconds}`,
    );
  }
  args.push(...(video ?? []), ...(audio ? [...audio, '-ac', '2'] : []));
  args.push('-movflags', 'delay_moov+default_base_moof+frag_keyframe', '-strict', '-2', '-y', path);
  await run(scope, 'ffmpeg', args, { timeoutMs: 60_000 });
  const file = await readFile(path);
  return { packets: packetsOf(file), file };
}

interface Track {
  readonly kind: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  readonly config: Uint8Array | undefined;
  readonly timescale: number;
}

function packetsOf(file: Buffer): MediaPacket[] {
  const tracks = new Map<number, Track>();
  for (const trak of boxesOf(boxAt(file, 'moov'), 'trak')) {
    tracks.set(boxAt(trak, 'tkhd').readUInt32BE(12), readTrack(trak));
  }
  const configs = [...tracks.values()].flatMap((track) =>
    track.config ? [packet(track, 'config', 0, 0, track.config)] : [],
  );
  const units = readFragments(file).map(({ track: id, dts, pts, key, data }) => {
    const track = tracks.get(id)!;
    const ms = (time: number): number => Math.round((time * 1000) / track.timescale);
    // FLV's composition offset is a whole number of ms too. ffmpeg begins B-frames before 0.
    const role = track.kind === 'audio' || key ? 'key' : 'delta';
    return packet(track, role, ms(dts) * 1000, ms(pts) * 1000, data);
  });
  units.sort((a, b) => a.dts - b.dts);
  return [...configs, ...units];
}

function packet(
  { kind, codec }: Track,
  role: MediaPacket['role'],
  dts: number,
  pts: number,
  payload: Uint8Array,
): MediaPacket {
  return { kind, codec, track: 0, role, dts, pts, payload, body: payload } as MediaPacket;
}

function readTrack(trak: Buffer): Track {
  const { type, boxes } = sampleEntryOf(trak);
  const mdhd = boxAt(trak, 'mdia/mdhd');
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  const content = (name: string): Buffer => {
    const found = boxes.find((box) => box.type === name);
    if (!found) throw new Error(`no ${name} in ${type}: ${boxes.map((b) => b.type).join()}`);
    return found.content;
  };
  switch (type) {
    case 'avc1':
      return { kind: 'video', codec: 'h264', config: content('avcC'), timescale };
    case 'hvc1':
    case 'hev1':
      return { kind: 'video', codec: 'hevc', config: content('hvcC'), timescale };
    case 'av01':
      return { kind: 'video', codec: 'av1', config: content('av1C'), timescale };
    case 'vp09':
      return { kind: 'video', codec: 'vp9', config: content('vpcC').subarray(4), timescale };
    case 'mp4a': {
      const { objectType, specificInfo } = readEsds(content('esds').subarray(4));
      const aac = objectType === 0x40;
      return { kind: 'audio', codec: aac ? 'aac' : 'mp3', config: specificInfo, timescale };
    }
    case 'Opus': {
      const dops = content('dOps');
      const channels = dops[1] as 1 | 2;
      const config = buildOpusConfig({ channels, preSkip: dops.readUInt16BE(2) });
      return { kind: 'audio', codec: 'opus', config, timescale };
    }
    case 'fLaC': {
      const config = Buffer.concat([Buffer.from('fLaC'), content('dfLa').subarray(4)]);
      return { kind: 'audio', codec: 'flac', config, timescale };
    }
    case 'ac-3':
      return { kind: 'audio', codec: 'ac3', config: undefined, timescale };
    case 'ec-3':
      return { kind: 'audio', codec: 'eac3', config: undefined, timescale };
    default:
      throw new Error(`what is ${type}?`);
  }
}

/** The object type and the decoder specific info in an `esds` box. */
export function readEsds(bytes: Buffer): { objectType: number; specificInfo: Buffer | undefined } {
  let objectType = 0;
  let specificInfo: Buffer | undefined;
  const walk = (part: Buffer): void => {
    let at = 0;
    while (at < part.length) {
      const tag = part[at++]!;
      let size = 0;
      for (;;) {
        const byte = part[at++]!;
        size = (size << 7) | (byte & 0x7f);
        if (!(byte & 0x80)) break;
      }
      const content = part.subarray(at, at + size);
      if (content.length !== size) throw new Error(`descriptor ${tag} is cut short`);
      if (tag === 3) walk(content.subarray(3));
      if (tag === 4) {
        objectType = content[0]!;
        walk(content.subarray(13));
      }
      if (tag === 5) specificInfo = content;
      at += size;
    }
  };
  walk(bytes);
  return { objectType, specificInfo };
}
