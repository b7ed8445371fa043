/** The languages that the player and the pages speak. */
export type Language = 'en' | 'zh';

/** The spoken language that a BCP 47 tag comes nearest to; English for all that is not Chinese. */
export function languageOf(tag: string | null | undefined): Language {
  return /^zh\b/i.test(tag ?? '') ? 'zh' : 'en';
}
