import { toHex } from '../bytes.ts';
import type { AudioCodec, VideoCodec } from '../media.ts';
import { parseAacConfig } from './aac.ts';
import { parseAv1Config } from './av1.ts';
import type { Av1Config } from './av1.ts';
import { parseAvcConfig } from './avc.ts';
import { parseHevcConfig } from './hevc.ts';
import type { HevcConfig } from './hevc.ts';
import { parseVp9Config } from './vp9.ts';
import type { Vp9Config } from './vp9.ts';

/**
 * The `codecs` parameter (RFC 6381 and each codec's ISO binding) that HLS playlists and
 * MediaSource go by; undefined for codecs that have none there.
 *
 * @param config The configuration record; codecs without one (MP3, AC-3, VP8) do not look at it.
 * @throws CodecError when the record is broken.
 */
export function codecString(
  codec: VideoCodec | AudioCodec,
  config: Uint8Array,
): string | undefined {
  switch (codec) {
    case 'h264': {
      const { profile, compatibility, level } = parseAvcConfig(config);
      return `avc1.${toHex(Uint8Array.of(profile, compatibility, level))}`;
    }
    case 'hevc':
      return hevcString(parseHevcConfig(config));
    case 'av1':
      return av1String(parseAv1Config(config));
    case 'vp9':
      return vp9String(parseVp9Config(config));
    case 'vp8':
      return 'vp08.00.10.08';
    case 'aac': {
      const { objectType, sbr, ps } = parseAacConfig(config);
      return `mp4a.40.${ps ? 29 : sbr ? 5 : objectType}`;
    }
    case 'mp3':
      // For HLS. Chromium's MediaSource takes MP3 as audio/mpeg only, under no name in MP4.
      return 'mp4a.40.34';
    case 'opus':
      return 'opus';
    case 'ac3':
      return 'ac-3';
    case 'eac3':
      return 'ec-3';
    case 'flac':
      return 'fLaC';
    case 'h263':
    case 'vp6':
    case 'screen':
    case 'speex':
    case 'nellymoser':
    case 'pcm':
    case 'g711a':
    case 'g711u':
      return undefined;
  }
}

/**
 * ISO/IEC 14496-15 annex E.3: profile, compatibility flags in reverse bit order, tier and level,
 * then the constraint bytes without the zero ones at the end.
 */
function hevcString(config: HevcConfig): string {
  const space = ['', 'A', 'B', 'C'][config.profileSpace] ?? '';
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) {
    if (config.compatibility & (1 << bit)) reversed |= 1 << (31 - bit);
  }
  const constraints = [...config.constraints];
  while (constraints.at(-1) === 0) constraints.pop();
  return [
    'hvc1',
    `${space}${config.profile}`,
    (reversed >>> 0).toString(16).toUpperCase(),
    `${config.tier === 'high' ? 'H' : 'L'}${config.level}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ].join('.');
}

/** "AV1 Codec ISO Media File Format Binding", 5: profile, level and tier, bit depth. */
function av1String(config: Av1Config): string {
  const tier = config.tier === 'high' ? 'H' : 'M';
  const level = String(config.level).padStart(2, '0');
  return `av01.${config.profile}.${level}${tier}.${String(config.bitDepth).padStart(2, '0')}`;
}

/** "VP Codec ISO Media File Format Binding", "Codecs Parameter String". */
function vp9String(config: Vp9Config): string {
  // Some encoders leave the level out; the lowest is what everyone can play.
  const fields = [config.profile, config.level || 10, config.bitDepth];
  return `vp09.${fields.map((field) => String(field).padStart(2, '0')).join('.')}`;
}
