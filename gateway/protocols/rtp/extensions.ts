/**
 * The header extensions in use, and the writer of what we send with them.
 */
import { RTP_HEADER_BYTES } from './header.ts';

export const extensionUris = {
  /** Sequence number across all streams of a transport, for congestion feedback. */
  transportCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  /** How long the receiver may and must hold frames. */
  playoutDelay: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
  /** Send time in 6.18 fixed-point seconds, for receivers that estimate themselves (REMB). */
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
} as const;

/** Identifiers of the extensions that a section's answer took; 0 for those it did not. */
export interface ExtensionIds {
  readonly transportCc: number;
  readonly playoutDelay: number;
  readonly absSendTime: number;
}

export const noExtensions: ExtensionIds = { transportCc: 0, playoutDelay: 0, absSendTime: 0 };

/** Finds the identifiers of the extensions we use among those offered. */
export const extensionIds = (offered: ReadonlyMap<string, number>): ExtensionIds => ({
  transportCc: offered.get(extensionUris.transportCc) ?? 0,
  playoutDelay: offered.get(extensionUris.playoutDelay) ?? 0,
  absSendTime: offered.get(extensionUris.absSendTime) ?? 0,
});

/** Largest header that `writeExtensions` leaves behind. */
export const MAX_HEADER_BYTES = RTP_HEADER_BYTES + 4 + 12;

/** The playout delay is told in units of 10 ms, 12 bits. */
const PLAYOUT_UNIT_MS = 10;
const MAX_PLAYOUT = 0xfff;

/**
 * Writes extensions behind the fixed header in `out` and answers the header's whole length.
 * `transportSequence` below 0 and `nowMs` below 0 leave theirs out. `playoutMs`: how long the
 * receiver is to hold frames to show them evenly (0: show each as soon as it is decoded); below 0
 * nothing is said, and what was said before counts.
 */
export const writeExtensions = (
  out: Buffer,
  ids: ExtensionIds,
  transportSequence: number,
  nowMs: number,
  playoutMs: number,
): number => {
  let end = RTP_HEADER_BYTES + 4;
  if (ids.transportCc !== 0 && transportSequence >= 0) {
    out[end] = (ids.transportCc << 4) | 1;
    out[end + 1] = transportSequence >> 8;
    out[end + 2] = transportSequence;
    end += 3;
  }
  if (ids.absSendTime !== 0 && nowMs >= 0) {
    const fixed = Math.floor(((nowMs / 1000) % 64) * 0x40000);
    out[end] = (ids.absSendTime << 4) | 2;
    out[end + 1] = fixed >> 16;
    out[end + 2] = fixed >> 8;
    out[end + 3] = fixed;
    end += 4;
  }
  if (ids.playoutDelay !== 0 && playoutMs >= 0) {
    // | minimum 12 bits | maximum 12 bits |, both the same: we know the way better than a guess.
    const units = Math.min(MAX_PLAYOUT, Math.round(playoutMs / PLAYOUT_UNIT_MS));
    out[end] = (ids.playoutDelay << 4) | 2;
    out[end + 1] = units >> 4;
    out[end + 2] = ((units & 0x0f) << 4) | (units >> 8);
    out[end + 3] = units;
    end += 4;
  }
  if (end === RTP_HEADER_BYTES + 4) return RTP_HEADER_BYTES;
  while ((end & 3) !== 0) out[end++] = 0;
  out[0] = out[0]! | 0x10;
  out[12] = 0xbe;
  out[13] = 0xde;
  out[14] = 0;
  out[15] = (end - RTP_HEADER_BYTES - 4) >> 2;
  return end;
};
