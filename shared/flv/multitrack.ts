import { readU24, readU32 } from '../bytes.ts';
import {
  MANY_TRACKS,
  MANY_TRACKS_MANY_CODECS,
  ONE_TRACK,
  PACKET_TYPE_MOD_EX,
  truncated,
} from './enhanced.ts';
import { FlvError } from './flv-error.ts';

/** Called for each track: its codec, number, packet type and the bytes after its header. */
export type TrackVisitor = (
  fourCc: number,
  track: number,
  packetType: number,
  content: Uint8Array,
) => void;

/**
 * Splits the body of a multitrack message (Enhanced RTMP v2, ExAudioTagBody and ExVideoTagBody).
 *
 *     multitrackType UB[4], packetType UB[4]
 *     fourCc         UI32   unless ManyTracksManyCodecs
 *     per track:
 *       fourCc       UI32   only when ManyTracksManyCodecs
 *       trackId      UI8
 *       size         UI24   unless OneTrack, where the rest of the message is the track's
 *       content      UI8[size]
 *
 * @param at Index of the multitrackType.
 * @param multitrackPacketType The packet type that may not occur again inside: 5 audio, 6 video.
 * @throws FlvError `FLV_TRUNCATED`, `FLV_INVALID`, `FLV_UNSUPPORTED`.
 */
export function forEachTrack(
  body: Uint8Array,
  at: number,
  multitrackPacketType: number,
  visit: TrackVisitor,
): void {
  if (at >= body.length) throw truncated('the multitrack header', at + 1, body.length);
  const types = body[at]!;
  const multitrackType = types >> 4;
  const packetType = types & 0x0f;
  at += 1;
  if (multitrackType > MANY_TRACKS_MANY_CODECS) {
    throw new FlvError(
      'FLV_UNSUPPORTED',
      `Multitrack type ${multitrackType} is not known; expected ${ONE_TRACK}, ${MANY_TRACKS} or ${MANY_TRACKS_MANY_CODECS}.`,
    );
  }
  if (packetType === multitrackPacketType || packetType === PACKET_TYPE_MOD_EX) {
    throw new FlvError(
      'FLV_INVALID',
      `A multitrack message has the packet type ${packetType} inside, which may only be outside.`,
    );
  }

  let fourCc = 0;
  if (multitrackType !== MANY_TRACKS_MANY_CODECS) {
    if (at + 4 > body.length) throw truncated('a FourCC', at + 4, body.length);
    fourCc = readU32(body, at);
    at += 4;
  }
  do {
    const header =
      (multitrackType === MANY_TRACKS_MANY_CODECS ? 4 : 0) + (multitrackType === ONE_TRACK ? 1 : 4);
    if (at + header > body.length) throw truncated('a track header', at + header, body.length);
    if (multitrackType === MANY_TRACKS_MANY_CODECS) {
      fourCc = readU32(body, at);
      at += 4;
    }
    const track = body[at]!;
    at += 1;
    let end = body.length;
    if (multitrackType !== ONE_TRACK) {
      end = at + 3 + readU24(body, at);
      at += 3;
      if (end > body.length) throw truncated(`track ${track}`, end, body.length);
    }
    visit(fourCc, track, packetType, body.subarray(at, end));
    at = end;
  } while (at < body.length);
}
