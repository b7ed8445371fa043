/**
 * Writing HLS playlists (RFC 8216, section 4.3).
 */

/** A segment as a media playlist lists it. */
export interface PlaylistSegment {
  readonly uri: string;
  /** µs */
  readonly duration: number;
  /** Something of its encoding differs from the segment before it. */
  readonly discontinuity: boolean;
  /** It can be decoded without those before it. */
  readonly independent: boolean;
  /** Initialization segment that it needs; undefined for MPEG-TS. */
  readonly map?: string;
  /** Wall clock of its first picture or sound, ms since 1970. */
  readonly date?: number;
}

export interface MediaPlaylist {
  /** Seconds, whole; see `targetDuration`. */
  readonly targetDuration: number;
  /** Number of the first segment listed. */
  readonly mediaSequence: number;
  /** Discontinuities that were listed before and are not any more. */
  readonly discontinuitySequence: number;
  readonly segments: readonly PlaylistSegment[];
  /** No segment follows. */
  readonly ended: boolean;
}

/**
 * EXT-X-TARGETDURATION for segments as long as `duration` µs: no segment, rounded to the nearest
 * second, may be longer (section 4.3.3.1).
 */
export function targetDuration(duration: number): number {
  return Math.max(1, Math.round(duration / 1e6));
}

/** A media playlist; the last line ends with a line feed. */
export function mediaPlaylist(playlist: MediaPlaylist): string {
  const { segments } = playlist;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${segments.some(({ map }) => map) ? 6 : 3}`, // EXT-X-MAP asks for 6
    `#EXT-X-TARGETDURATION:${playlist.targetDuration}`,
    `#EXT-X-MEDIA-SEQUENCE:${playlist.mediaSequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${playlist.discontinuitySequence}`,
  ];
  if (segments.every(({ independent }) => independent)) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');

  let map: string | undefined;
  for (const [index, segment] of segments.entries()) {
    if (segment.discontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (segment.map && segment.map !== map) lines.push(`#EXT-X-MAP:URI="${segment.map}"`);
    map = segment.map;
    if (segment.date !== undefined && (index === 0 || segment.discontinuity)) {
      lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.date).toISOString()}`);
    }
    lines.push(`#EXTINF:${(segment.duration / 1e6).toFixed(6)},`, segment.uri);
  }
  if (playlist.ended) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** The one variant of a multivariant playlist. */
export interface Variant {
  readonly uri: string;
  /** Peak and average of the segments, bit/s. */
  readonly bandwidth: number;
  readonly averageBandwidth: number;
  /** RFC 6381 strings of all codecs. */
  readonly codecs: readonly string[];
  /** Pixels; undefined for sound alone. */
  readonly resolution?: { readonly width: number; readonly height: number };
  /** Pictures a second. */
  readonly frameRate?: number;
}

/** A multivariant ("master") playlist with one variant (section 4.3.4). */
export function multivariantPlaylist(variant: Variant): string {
  const { resolution, frameRate } = variant;
  const attributes = [
    `BANDWIDTH=${Math.ceil(variant.bandwidth)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(variant.averageBandwidth)}`,
    `CODECS="${variant.codecs.join(',')}"`,
  ];
  if (resolution) attributes.push(`RESOLUTION=${resolution.width}x${resolution.height}`);
  if (frameRate) attributes.push(`FRAME-RATE=${frameRate.toFixed(3)}`);
  return `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:${attributes.join(',')}\n${variant.uri}\n`;
}
