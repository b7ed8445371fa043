import type { StatAudio, StatVideo, StatWarning } from '../../../shared/stat.ts';
import type { EncoderFigures } from './encoder-watch.ts';

/** Key frames further apart keep a class waiting, s; encoders that are set to 2 s round. */
const KEY_FRAMES = 2.2;
/** More drift than this is no clock's: 0.5 %, in ms a minute. */
const DRIFT = 300;
/** A picture is given so long to be joined by its sound, ms. */
const SOUND_WAIT = 5000;

export interface WarningFacts {
  /** ms since the stream began. */
  readonly time: number;
  readonly video: StatVideo | null;
  readonly audio: StatAudio | null;
  readonly encoder: EncoderFigures;
  /**
   * A browser publishes: it varies its frame rate with the network, has its key frames asked for by
   * the gateway, and offers nobody a setting.
   */
  readonly browser: boolean;
}

/** What about a stream spoils a lesson, for its publisher to mend. */
export function warningsOf({ time, video, audio, encoder, browser }: WarningFacts): StatWarning[] {
  const warnings: StatWarning[] = [];
  const warn = (code: StatWarning, applies: boolean): void => {
    if (applies) warnings.push(code);
  };
  if (!browser) {
    warn('key_frames', (encoder.keyFrameWait ?? 0) > KEY_FRAMES);
    warn('b_frames', encoder.bFrames);
    warn('variable_frame_rate', encoder.variableFrameRate);
    warn('audio_gaps', encoder.gapsOfLate);
    warn('audio_drift', Math.abs(encoder.drift ?? 0) > DRIFT);
  }
  warn('hevc', video?.codec === 'hevc');
  warn('no_sound', video !== null && audio === null && time > SOUND_WAIT);
  return warnings;
}
