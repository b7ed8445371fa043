/** What all transports into a `<video>` share: starting it, and saying what it does. */
import type { TransportListener } from './transport.ts';

/**
 * Starts `video`, without sound when the browser allows no other way, and reports to `listener`
 * when it plays and when it stands still, until the answer is called.
 */
export function watchVideo(video: HTMLVideoElement, listener: TransportListener): () => void {
  const playing = () => listener.playing();
  const waiting = () => listener.buffering();
  const events = [
    ['playing', playing],
    ['waiting', waiting],
  ] as const;
  for (const [name, handler] of events) video.addEventListener(name, handler);
  return () => {
    for (const [name, handler] of events) video.removeEventListener(name, handler);
  };
}

/** Plays; where the browser wants a touch first, without sound. */
export async function playAnyway(
  video: HTMLVideoElement,
  listener: Pick<TransportListener, 'soundRefused'>,
): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || video.muted) return;
    video.muted = true;
    listener.soundRefused();
    // A second refusal leaves a picture that stands until someone presses play.
    await video.play().catch(() => undefined);
  }
}

/** Empties the element, so that the next transport finds it as new. */
export function clearVideo(video: HTMLVideoElement): void {
  video.pause();
  video.removeAttribute('src');
  video.srcObject = null;
  video.load();
}

/** Frames shown and dropped, where the browser counts them. */
export function frameCounts(video: HTMLVideoElement): {
  framesShown: number;
  framesDropped: number;
} {
  const quality = video.getVideoPlaybackQuality();
  return {
    framesShown: quality.totalVideoFrames - quality.droppedVideoFrames,
    framesDropped: quality.droppedVideoFrames,
  };
}

/** Remembers the frame presented last: its media time in seconds, and when, in ms since 1970. */
export function followFrames(video: HTMLVideoElement): {
  last: (VideoFrameCallbackMetadata & { shownAt: number }) | undefined;
  stop(): void;
} {
  let handle = 0;
  const follower = {
    last: undefined as (VideoFrameCallbackMetadata & { shownAt: number }) | undefined,
    stop: () => video.cancelVideoFrameCallback?.(handle),
  };
  const seen: VideoFrameRequestCallback = (_now, metadata) => {
    // The frame is on screen one refresh after the compositor has it.
    const shownAt = performance.timeOrigin + metadata.presentationTime + 1000 / 60;
    follower.last = { ...metadata, shownAt };
    handle = video.requestVideoFrameCallback(seen);
  };
  if ('requestVideoFrameCallback' in video) handle = video.requestVideoFrameCallback(seen);
  return follower;
}
