import type { GopLimits } from './gop-cache.ts';

/** What of the configuration the hub lives by; read at each use, so that `reload` applies. */
export interface LiveSettings {
  readonly gop: GopLimits;
  /** Longest wait of audio for the video frame it rides with, ms. */
  readonly audioRideMs: number;
  /** Gathers what is sent for this long, ms; 0: sends each frame at once. */
  readonly mergeWriteMs: number;
  /** Most bytes queued for a viewer before it is cut back to a key frame. */
  readonly viewerQueueBytes: number;
  /** Time without progress after which a slow viewer is ended, ms. */
  readonly viewerStallMs: number;
  /** Time that viewers wait for a publisher that dropped, ms. */
  readonly republishGraceMs: number;
  /** What happens to a second publisher of a name. */
  readonly publishConflict: 'stale' | 'refuse' | 'takeover';
  /** Silence after which a publisher counts as stale, ms. */
  readonly publishStaleMs: number;
}
