/** The names that standards and tools give to profiles and levels. */

const AVC_PROFILES: ReadonlyMap<number, string> = new Map([
  [44, 'CAVLC 4:4:4 Intra'],
  [66, 'Baseline'],
  [77, 'Main'],
  [88, 'Extended'],
  [100, 'High'],
  [110, 'High 10'],
  [122, 'High 4:2:2'],
  [244, 'High 4:4:4 Predictive'],
]);

const HEVC_PROFILES: ReadonlyMap<number, string> = new Map([
  [1, 'Main'],
  [2, 'Main 10'],
  [3, 'Main Still Picture'],
  [4, 'Range Extensions'],
  [9, 'Screen Content Coding'],
]);

const AAC_PROFILES: ReadonlyMap<number, string> = new Map([
  [1, 'Main'],
  [2, 'LC'],
  [3, 'SSR'],
  [4, 'LTP'],
  [23, 'LD'],
  [39, 'ELD'],
  [42, 'xHE-AAC'],
]);

/** H.264 annex A.2; undefined for a profile without a name here. */
export function avcProfileName(config: {
  profile: number;
  compatibility: number;
}): string | undefined {
  // constraint_set1_flag: nothing of Baseline that Main does not have.
  if (config.profile === 66 && config.compatibility & 0x40) return 'Constrained Baseline';
  return AVC_PROFILES.get(config.profile);
}

/** H.264 table A-1: `3.1`; level 1b is told by constraint_set3_flag or as 9. */
export function avcLevelName(config: {
  profile: number;
  compatibility: number;
  level: number;
}): string {
  const { profile, compatibility, level } = config;
  if (level === 9 || (level === 11 && profile < 100 && compatibility & 0x10)) return '1b';
  return (level / 10).toFixed(1);
}

/** HEVC annex A.3. */
export function hevcProfileName(profile: number): string | undefined {
  return HEVC_PROFILES.get(profile);
}

/** ISO/IEC 14496-3 table 1.17; SBR makes HE-AAC, parametric stereo HE-AAC v2. */
export function aacProfileName(config: {
  objectType: number;
  sbr: boolean;
  ps: boolean;
}): string | undefined {
  if (config.ps) return 'HE-AACv2';
  return config.sbr ? 'HE-AAC' : AAC_PROFILES.get(config.objectType);
}
