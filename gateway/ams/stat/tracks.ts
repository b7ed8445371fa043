import { describeConfig } from '../../../shared/codecs/track-info.ts';
import type { StatAudio, StatVideo } from '../../../shared/stat.ts';
import type { LiveStream, LiveStreams } from './live-stream.ts';

/** Time between the last two key frames of each stream, s. */
export interface KeyFrameIntervals {
  of(stream: LiveStream): number | null;
}

/** Watches all streams' key frames. */
export function watchKeyFrames(hub: LiveStreams): KeyFrameIntervals {
  const seen = new WeakMap<LiveStream, { last: number | undefined; interval: number | null }>();
  const watch = (stream: LiveStream) => {
    const entry: { last: number | undefined; interval: number | null } = {
      last: undefined,
      interval: null,
    };
    seen.set(stream, entry);
    stream.subscribe({
      patient: true,
      packet(packet) {
        if (packet.kind !== 'video' || packet.role !== 'key' || packet.track !== 0) return;
        if (entry.last !== undefined) entry.interval = (packet.dts - entry.last) / 1e6;
        entry.last = packet.dts;
      },
      discontinuity() {
        entry.last = undefined;
        entry.interval = null;
      },
    });
  };
  for (const stream of hub.streams) watch(stream);
  hub.listen({ opened: watch });
  return { of: (stream) => seen.get(stream)?.interval ?? null };
}

/** The stream's first picture track, described. */
export function statVideo(
  stream: LiveStream,
  frameRate: number,
  keyFrameInterval: number | null,
): StatVideo | null {
  const info = trackInfo(stream, 'video');
  if (info === undefined) return null;
  const { codec, profile, level, width, height } = info;
  return {
    codec,
    profile: [profile, level].filter((part) => part !== undefined).join(' ') || null,
    width: width ?? null,
    height: height ?? null,
    frameRate: frameRate > 0 ? Math.round(frameRate * 10) / 10 : null,
    keyFrameInterval: keyFrameInterval === null ? null : Math.round(keyFrameInterval * 1000) / 1000,
  };
}

/** The stream's first sound track, described. */
export function statAudio(stream: LiveStream): StatAudio | null {
  const info = trackInfo(stream, 'audio');
  if (info === undefined) return null;
  const { codec, profile, sampleRate, channels } = info;
  return {
    codec,
    profile: profile ?? null,
    sampleRate: sampleRate ?? null,
    channels: channels ?? null,
  };
}

function trackInfo(stream: LiveStream, kind: 'video' | 'audio') {
  const tracks = stream.tracks.all.filter((track) => track.kind === kind);
  const track = tracks.find(({ number }) => number === 0) ?? tracks[0];
  if (track === undefined) return undefined;
  return track.config === undefined
    ? { codec: track.codec }
    : describeConfig(track.codec, track.config.payload);
}
