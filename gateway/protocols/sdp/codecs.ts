/**
 * Which offered payload type a stream can be sent under.
 */
import type { OfferedCodec } from './offer.ts';

/** Codecs that this server sends or takes over RTP. */
export type RtpCodec = 'h264' | 'hevc' | 'av1' | 'vp9' | 'opus';

const encodingNames: Readonly<Record<RtpCodec, string>> = {
  h264: 'H264',
  hevc: 'H265',
  av1: 'AV1',
  vp9: 'VP9',
  opus: 'OPUS',
};

/** First byte of `profile-level-id` (RFC 6184, 8.1): profile_idc. */
const profileIdc = (codec: OfferedCodec): number =>
  Number.parseInt((codec.parameters.get('profile-level-id') ?? '42000a').slice(0, 2), 16);

const profileFlags = (codec: OfferedCodec): number =>
  Number.parseInt((codec.parameters.get('profile-level-id') ?? '42000a').slice(2, 4), 16);

const BASELINE = 0x42;
const MAIN = 0x4d;
const HIGH = 0x64;

/** Profiles under whose name a stream may go, best first: decoders take what they announced and,
 *  as a rule, everything simpler; Chrome decodes High though it offers Baseline and Main only. */
const fallbacks: Readonly<Record<number, readonly number[]>> = {
  [BASELINE]: [BASELINE, MAIN, HIGH],
  [MAIN]: [MAIN, HIGH, BASELINE],
  [HIGH]: [HIGH, MAIN, BASELINE],
};

/**
 * Picks the payload type for H.264 with packetization-mode 1. `profile` is the stream's profile_idc
 * (second byte of its avcC record). Constrained Baseline (flag 0x40) is preferred to Baseline.
 */
const chooseH264 = (
  offered: readonly OfferedCodec[],
  profile: number,
): OfferedCodec | undefined => {
  const usable = offered.filter(
    (codec) =>
      codec.name === 'H264' &&
      codec.clockRate === 90000 &&
      codec.parameters.get('packetization-mode') === '1',
  );
  for (const wanted of fallbacks[profile] ?? [profile, HIGH, MAIN, BASELINE]) {
    const matches = usable.filter((codec) => profileIdc(codec) === wanted);
    const constrained = matches.find((codec) => (profileFlags(codec) & 0x40) !== 0);
    const match = constrained ?? matches[0];
    if (match !== undefined) return match;
  }
  return usable[0];
};

const isDefault = (codec: OfferedCodec, name: string): boolean =>
  (codec.parameters.get(name) ?? '0') === '0';

/** Picks the offered payload type for a codec; `profile` matters for H.264 only. */
export const chooseCodec = (
  offered: readonly OfferedCodec[],
  codec: RtpCodec,
  profile = BASELINE,
): OfferedCodec | undefined => {
  if (codec === 'h264') return chooseH264(offered, profile);
  const named = offered.filter(({ name }) => name === encodingNames[codec]);
  switch (codec) {
    case 'vp9':
      return named.find((one) => isDefault(one, 'profile-id')) ?? named[0];
    case 'av1':
      return named.find((one) => isDefault(one, 'profile')) ?? named[0];
    case 'opus':
      return named.find((one) => one.clockRate === 48000);
    case 'hevc':
      return named[0];
  }
};

/** The `a=fmtp` value to answer with: what was offered, so that both sides mean the same. */
export const formatParameters = (codec: OfferedCodec): string =>
  [...codec.parameters].map(([name, value]) => `${name}=${value}`).join(';');
