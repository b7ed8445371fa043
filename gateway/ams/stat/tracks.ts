import { describeConfig } from '../../../shared/codecs/track-info.ts';
import type { StatAudio, StatVideo } from '../../../shared/stat.ts';
import type { EncoderFigures } from './encoder-watch.ts';
import type { LiveStream } from './live-stream.ts';

/** The stream's first picture track, described. */
export function statVideo(
  stream: LiveStream,
  frameRate: number,
  { keyFrameInterval, bFrames, variableFrameRate }: EncoderFigures,
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
    keyFrameInterval,
    bFrames,
    variableFrameRate,
  };
}

/** The stream's first sound track, described. */
export function statAudio(stream: LiveStream, { gaps, drift }: EncoderFigures): StatAudio | null {
  const info = trackInfo(stream, 'audio');
  if (info === undefined) return null;
  const { codec, profile, sampleRate, channels } = info;
  return {
    codec,
    profile: profile ?? null,
    sampleRate: sampleRate ?? null,
    channels: channels ?? null,
    gaps,
    drift,
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
