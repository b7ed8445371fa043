import type { LiveSettings } from '../../gateway/live/settings.ts';

/** Settings of the live room for tests: generous bounds, sound rides for 40 ms, nothing is gathered. */
export const liveSettings: LiveSettings = {
  gop: { frames: 1000, bytes: 1_000_000, duration: 20_000_000 },
  audioRideMs: 40,
  mergeWriteMs: 0,
  viewerQueueBytes: 1_000_000,
  viewerStallMs: 20_000,
  republishGraceMs: 10_000,
  publishConflict: 'stale',
  publishStaleMs: 2000,
};
