/** Keeps a media element that plays a live stream at the live edge. */
import { LiveEdge } from '../playback/live-edge.ts';

const INTERVAL = 50;
/** After a jump the browser is left alone this long: on a busy machine it takes its time. */
const AFTER_JUMP = 500;

export interface VideoLiveEdge {
  /** Seconds buffered ahead of the picture. */
  readonly ahead: number;
  /** Jumps to the live edge now. */
  goLive(): void;
  stop(): void;
}

/**
 * Watches `video` until stopped: plays up to 10 % faster when more than `target` seconds are
 * buffered, jumps when far behind, and steps over gaps in what is buffered.
 */
export function keepAtLiveEdge(video: HTMLVideoElement, target: number): VideoLiveEdge {
  const edge = new LiveEdge(target);
  let jumpedAt = -Infinity;

  const jump = (leave: number) => {
    const { buffered } = video;
    if (buffered.length === 0) return;
    const last = buffered.length - 1;
    video.currentTime = Math.max(buffered.start(last), buffered.end(last) - leave);
    video.playbackRate = 1;
    jumpedAt = performance.now();
    edge.reset();
  };

  const look = () => {
    const ahead = aheadOf(video);
    if (ahead === undefined || video.seeking) return;
    const justJumped = performance.now() - jumpedAt < AFTER_JUMP;
    // A picture that stands at a gap, or before the first picture, never moves by itself.
    if (
      !justJumped &&
      video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA &&
      ahead > edge.target + 0.1
    ) {
      jump(edge.leave);
      return;
    }
    if (video.paused || justJumped) return;
    const steering = edge.observe(performance.now() / 1000, ahead);
    if (steering.action === 'jump') {
      jump(steering.leave);
    } else if (Math.abs(video.playbackRate - steering.rate) > 0.004) {
      video.playbackRate = steering.rate;
    }
  };
  const stalled = () => {
    if (!video.seeking && video.currentTime > 0) edge.stalled(performance.now() / 1000);
  };

  const timer = setInterval(look, INTERVAL);
  video.addEventListener('waiting', stalled);
  return {
    get ahead() {
      return Math.max(0, aheadOf(video) ?? 0);
    },
    goLive: () => jump(edge.leave),
    stop() {
      clearInterval(timer);
      video.removeEventListener('waiting', stalled);
      video.playbackRate = 1;
    },
  };
}

function aheadOf(video: HTMLVideoElement): number | undefined {
  const { buffered } = video;
  return buffered.length === 0 ? undefined : buffered.end(buffered.length - 1) - video.currentTime;
}
