import { readU16, readU24 } from '../bytes.ts';
import { FlvError } from './flv-error.ts';

/**
 * What Enhanced RTMP v2 has in common for audio and video: the ModEx prelude and the multitrack
 * layouts ("Enhanced Audio", "Enhanced Video", tables of ExAudioTagHeader and ExVideoTagHeader).
 */

/** AvMultitrackType. */
export const ONE_TRACK = 0;
export const MANY_TRACKS = 1;
export const MANY_TRACKS_MANY_CODECS = 2;

/** PacketType 7 is ModEx for audio and for video. */
export const PACKET_TYPE_MOD_EX = 7;

/** AudioPacketModExType and VideoPacketModExType: the only one defined. */
const MOD_EX_TIMESTAMP_OFFSET_NANO = 0;

/** A message with more modifiers than this is not a medium's: only one kind is defined. */
const MAX_MOD_EX = 16;

/** What is left after the ModEx prelude. */
export interface ModExPrelude {
  /** The packet type that the modifiers apply to. */
  packetType: number;
  /** Where the header goes on. */
  at: number;
  /** To be added to the presentation time: integer µs, rounded from nanoseconds. */
  timeOffset: number;
}

/**
 * Reads modifiers until a packet type that is none. Unknown modifiers are skipped, as the document
 * asks.
 *
 *     modExDataSize  UI8 + 1; when that is 256: UI16 + 1
 *     modExData      UI8[modExDataSize]
 *     modExType      UB[4]
 *     packetType     UB[4]   (7: another modifier follows)
 *
 * @param at Index of the first modExDataSize.
 * @throws FlvError `FLV_TRUNCATED`, `FLV_INVALID`.
 */
export function readModEx(body: Uint8Array, at: number): ModExPrelude {
  let timeOffset = 0;
  for (let count = 0; count < MAX_MOD_EX; count++) {
    let size = (body[at] ?? 0) + 1;
    at += 1;
    if (size === 256) {
      size = readU16(body, at) + 1;
      at += 2;
    }
    const end = at + size;
    if (end >= body.length) throw truncated('a ModEx modifier', end + 1, body.length);
    const types = body[end]!;
    if (types >> 4 === MOD_EX_TIMESTAMP_OFFSET_NANO) {
      if (size < 3) {
        throw new FlvError(
          'FLV_INVALID',
          `A nanosecond timestamp offset has ${size} bytes; expected 3.`,
        );
      }
      timeOffset = Math.round(readU24(body, at) / 1000);
    }
    at = end + 1;
    const packetType = types & 0x0f;
    if (packetType !== PACKET_TYPE_MOD_EX) return { packetType, at, timeOffset };
  }
  throw new FlvError('FLV_INVALID', `A message has more than ${MAX_MOD_EX} ModEx modifiers.`);
}

/** The error for a body that ends too early; sizes in bytes. */
export function truncated(what: string, expected: number, got: number): FlvError {
  return new FlvError(
    'FLV_TRUNCATED',
    `The message ends inside ${what}: it has ${got} bytes, expected at least ${expected}.`,
  );
}
