import type { PlayerView } from '../ui/view.ts';
import type { Windows } from '../ui/windows.ts';
import type { Playing } from './playing.ts';
import type { Sound } from './sound.ts';

/** What is to be seen of the player now. */
export function viewOf(
  playing: Playing,
  sound: Sound,
  video: HTMLVideoElement,
  windows: Windows,
): PlayerView {
  const { live, source } = playing;
  const delay = live?.delay ?? {};
  return {
    kind: source === undefined ? 'none' : source.kind === 'file' ? 'file' : 'live',
    state: playing.state,
    error: playing.error?.code,
    paused: playing.paused,
    volume: sound.volume,
    muted: sound.muted,
    soundRefused: sound.refused,
    delay: delay.latest,
    delayP50: delay.p50,
    delayP95: delay.p95,
    transport: live?.transport?.name,
    reason: live?.reason,
    chosen: playing.chosen,
    possible: live?.choice.order ?? [],
    impossible: live?.choice.skipped ?? [],
    surface: live?.transport?.surface ?? 'video',
    position: video.currentTime,
    duration: Number.isFinite(video.duration) ? video.duration : 0,
    rate: video.playbackRate,
    statistics: live?.transport?.statistics(),
    ...windows.view,
  };
}
