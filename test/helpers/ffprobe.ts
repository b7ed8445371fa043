import { run, start, type Child } from './processes.ts';
import type { Scope } from './scope.ts';

/** One packet as a demuxer saw it. */
export interface ProbedPacket {
  readonly kind: 'video' | 'audio';
  /** Presentation and decoding time, milliseconds. */
  readonly pts: number;
  readonly dts: number;
  readonly key: boolean;
  readonly size: number;
  /** MD5 of the packet's bytes, hex. */
  readonly hash: string;
}

const PROBE = [
  ...['-v', 'error', '-show_packets', '-show_data_hash', 'md5'],
  ...['-show_entries', 'packet=codec_type,pts_time,dts_time,flags,size,data_hash'],
  ...['-of', 'json'],
];

interface RawPacket {
  codec_type: string;
  pts_time?: string;
  dts_time?: string;
  flags: string;
  size: string;
  data_hash: string;
}

const milliseconds = (time: string | undefined) => Math.round(Number(time ?? 'NaN') * 1000);

function parse(json: string): ProbedPacket[] {
  const { packets = [] } = JSON.parse(json) as { packets?: RawPacket[] };
  return packets
    .filter(({ codec_type }) => codec_type === 'video' || codec_type === 'audio')
    .map((raw) => ({
      kind: raw.codec_type === 'video' ? 'video' : 'audio',
      pts: milliseconds(raw.pts_time),
      dts: milliseconds(raw.dts_time),
      key: raw.flags.startsWith('K'),
      size: Number(raw.size),
      hash: raw.data_hash.replace(/^MD5:/, ''),
    }));
}

/** All packets of a file or finished address, in the order in which they are stored. */
export async function probePackets(scope: Scope, source: string): Promise<ProbedPacket[]> {
  return parse(await run(scope, 'ffprobe', [...PROBE, source]));
}

export interface LiveProbe {
  readonly child: Child;
  /** What it received, once the stream has ended. */
  packets(timeoutMs?: number): Promise<ProbedPacket[]>;
}

/** Starts playing a live address at once; the packets are there when the server ends the stream. */
export function probeLive(scope: Scope, url: string, extra: readonly string[] = []): LiveProbe {
  const child = start(scope, 'ffprobe', [...PROBE, ...extra, url], { collectStdout: false });
  const parts: Buffer[] = [];
  child.process.stdout?.on('data', (part: Buffer) => parts.push(part));
  return {
    child,
    async packets(timeoutMs = 20_000) {
      await child.success(timeoutMs);
      return parse(Buffer.concat(parts).toString('utf8'));
    },
  };
}

/** The streams that a demuxer finds: codec names by kind, e.g. `{ video: 'h264', audio: 'aac' }`. */
export async function probeCodecs(
  scope: Scope,
  source: string,
): Promise<Partial<Record<'video' | 'audio', string>>> {
  const args = ['-v', 'error', '-show_entries', 'stream=codec_type,codec_name', '-of', 'json'];
  const { streams = [] } = JSON.parse(await run(scope, 'ffprobe', [...args, source])) as {
    streams?: { codec_type: string; codec_name: string }[];
  };
  return Object.fromEntries(streams.map((stream) => [stream.codec_type, stream.codec_name]));
}
