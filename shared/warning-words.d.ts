import type { StatWarning } from './stat.ts';

/** A warning in words, and the settings of the two usual encoders that mend it. */
export interface WarningWords {
  readonly what: string;
  readonly obs: string;
  readonly ffmpeg: string;
}

export const warningWords: Readonly<
  Record<'en' | 'zh', Readonly<Record<StatWarning, WarningWords>>>
>;

/** What stands before an encoder's setting. */
export const encoderLabel: Readonly<Record<'en' | 'zh', (encoder: string) => string>>;
