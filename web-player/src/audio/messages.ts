/** What the page and the audio worklet tell each other. */

/** To the worklet: decoded sound; its first sample has the time `pts`, ms. */
export interface SoundMessage {
  readonly type: 'sound';
  readonly pts: number;
  readonly samples: readonly Float32Array<ArrayBuffer>[];
}

/** To the worklet: the sample with time `pts` (ms) is to be heard at the context's time `at` (s). */
export interface DueMessage {
  readonly type: 'due';
  readonly pts: number;
  readonly at: number;
}

/** To the worklet: forget what is waiting. */
export interface ClearMessage {
  readonly type: 'clear';
}

export type ToWorklet = SoundMessage | DueMessage | ClearMessage;

/** From the worklet, a few times a second. */
export interface SoundReport {
  /** Sound that waits to be heard, ms. */
  readonly held: number;
  /** Gaps so far. */
  readonly gaps: number;
  /** How far what is played is from what is due, ms; positive is late. */
  readonly error: number;
}
