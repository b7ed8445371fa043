/** Keeps a media element that plays a live stream at the live edge. */
import { LiveEdge } from '../playback/live-edge.ts';

/** How often it is looked, ms. */
const INTERVAL = 25;
/** Browsers begin by themselves when the first picture is no later than this, s. */
const GAP_AT_BEGIN = 0.1;

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
  const rate = steadyRate(video);
  const now = () => performance.now() / 1000;

  const jump = () => {
    const { buffered } = video;
    if (buffered.length === 0) return;
    const last = buffered.length - 1;
    // Never to what is still to come: Chromium then begins with too little, and soon stands again.
    video.currentTime = Math.max(buffered.start(last), buffered.end(last) - edge.target);
    rate.set(1);
    rate.forget();
    edge.jumped(now());
  };

  const look = () => {
    const ahead = aheadOf(video);
    if (ahead === undefined || video.seeking) return;
    // At a gap, or with less than the browser wants before it goes on.
    const isStanding = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    if (isStanding ? isAboutToBegin(video) : video.paused) return;
    const steering = edge.observe(now(), ahead, isStanding);
    if (steering.action === 'jump') jump();
    else rate.set(steering.rate);
  };
  const stalled = () => {
    if (!video.seeking && video.currentTime > 0) edge.stalled(now());
  };

  const timer = setInterval(look, INTERVAL);
  video.addEventListener('waiting', stalled);
  return {
    get ahead() {
      return Math.max(0, aheadOf(video) ?? 0);
    },
    goLive() {
      if ((aheadOf(video) ?? 0) > edge.target) jump();
    },
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

/** WebKitGTK never finishes a jump made before its first picture. */
function isAboutToBegin(video: HTMLVideoElement): boolean {
  const gap = video.buffered.start(0) - video.currentTime;
  return video.played.length === 0 && gap < GAP_AT_BEGIN;
}

/**
 * Changes the speed of `video` as long as that costs no picture: GStreamer, in WebKitGTK, begins
 * anew at every change, and counts pictures from 0.
 */
function steadyRate(video: HTMLVideoElement): {
  set(rate: number): void;
  /** To be told of jumps: after one, pictures may be counted from 0 for that. */
  forget(): void;
} {
  let pictures = 0;
  let beginsAnew = false;
  return {
    set(rate) {
      const { totalVideoFrames } = video.getVideoPlaybackQuality();
      if (totalVideoFrames < pictures) beginsAnew = true;
      pictures = totalVideoFrames;
      const allowed = beginsAnew ? 1 : rate;
      if (Math.abs(video.playbackRate - allowed) > 0.004) video.playbackRate = allowed;
    },
    forget() {
      pictures = 0;
    },
  };
}
