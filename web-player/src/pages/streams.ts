/** What is live, as the pages show it: `GET /stat/channel` reduced to what viewers care about. */
import { codecTitle } from '../../../shared/codec-titles.js';
import type {
  StatAudio,
  StatReport,
  StatStream,
  StatVideo,
  StatWarning,
} from '../../../shared/stat.ts';

export interface LiveStream {
  readonly name: string;
  /** Milliseconds since it began. */
  readonly time: number;
  readonly viewers: number;
  readonly video: StatVideo | null;
  readonly audio: StatAudio | null;
  /** Bits a second that the publisher sends. */
  readonly bitRate: number;
  /** What its publisher should mend. */
  readonly warnings: readonly StatWarning[];
}

/** The streams that are being published, by name. Rejects when the gateway does not answer. */
export async function loadStreams(signal?: AbortSignal): Promise<LiveStream[]> {
  const response = await fetch('/stat/channel', {
    headers: { accept: 'application/json' },
    cache: 'no-store',
    signal,
  });
  if (!response.ok) throw new Error(`/stat/channel was answered with ${response.status}.`);
  return liveStreams((await response.json()) as StatReport);
}

/** The published streams of a report, sorted by name. */
export function liveStreams(report: StatReport): LiveStream[] {
  return (report.live ?? [])
    .filter((stream) => stream.publishing)
    .map(toLiveStream)
    .sort((a, b) => a.name.localeCompare(b.name));
}

function toLiveStream(stream: StatStream): LiveStream {
  const counts = Object.values(stream.viewers);
  return {
    name: stream.name,
    time: stream.time,
    viewers: counts.reduce((sum, count) => sum + count, 0),
    video: stream.video,
    audio: stream.audio,
    bitRate: stream.bw_in,
    warnings: stream.warnings ?? [],
  };
}

/** A stream's picture and sound in a few words: `1280 × 720`, `H.264`, `25 fps`, `AAC`. */
export function formatOf(stream: LiveStream): string[] {
  const { video, audio } = stream;
  const parts: string[] = [];
  if (video !== null) {
    if (video.width !== null && video.height !== null)
      parts.push(`${video.width} × ${video.height}`);
    parts.push(codecTitle(video.codec));
    if (video.frameRate !== null && video.frameRate > 0) {
      parts.push(`${Math.round(video.frameRate)} fps`);
    }
  }
  if (audio !== null) parts.push(codecTitle(audio.codec));
  return parts;
}
