/**
 * One coded frame as RTP payloads, made once a stream and shared by all its viewers.
 */
export interface Frame {
  readonly kind: 'video' | 'audio';
  /** RTP payloads in order; the last one carries the marker. They are read, never written. */
  readonly payloads: readonly Uint8Array[];
  /** Bytes of all payloads. */
  readonly bytes: number;
  /** RTP time stamp, not wrapped. */
  readonly timestamp: number;
  /** Presentation time on the stream's timeline, µs. */
  readonly pts: number;
  /** Decoding can start here. */
  readonly key: boolean;
  /** No other frame needs it. */
  readonly disposable: boolean;
}

/** Clock rates of RTP time stamps, Hz: RFC 6184, 8.2.1 and its kin; RFC 7587, 4.1. */
export const clockRates = { video: 90_000, audio: 48_000 } as const;

/**
 * Largest RTP payload: with header, extensions, RTX's two bytes and the tag, packets stay below
 * 1,240 bytes, which passes tunnels and mobile networks unfragmented (IPv6's minimum MTU is 1,280).
 */
export const MAX_PAYLOAD_BYTES = 1_170;

/** Longest packet of sound, which cannot be cut: one frame of Opus at its best (RFC 6716, 3.2.1). */
export const MAX_SOUND_BYTES = 1_276;
