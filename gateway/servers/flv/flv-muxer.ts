import type { Packet } from '../../../shared/media.ts';
import type { Envelope, Muxer } from '../../live/muxer.ts';
import type { Stream } from '../../live/stream.ts';
import { flvHeader, tagSize, writeTag } from '../../protocols/flv/tag-writer.ts';

/** The FLV byte stream, in the transport's envelope. */
export function createFlvMuxer(envelope?: Envelope): Muxer {
  return {
    envelope,
    head: (stream) => flvHeader(announced(stream)),
    size: (packet) => (packet.body.length === 0 ? 0 : tagSize(packet.body.length)),
    write: (target, offset, packet) =>
      writeTag(target, offset, tagType(packet), Math.round(packet.dts / 1000), packet.body),
  };
}

const tagType = (packet: Packet): 'audio' | 'video' | 'data' =>
  packet.kind === 'data' ? packet.carrier : packet.kind;

/**
 * Which kinds of track the file header announces. Players built on MSE wait for every announced
 * one before they play, so it must be neither too much nor too little.
 */
function announced({ tracks }: Stream): { audio: boolean; video: boolean } {
  return { audio: tracks.has('audio'), video: tracks.has('video') };
}

/** HTTP/1.1 chunked transfer coding (RFC 9112, 7.1): each piece that is sent is one chunk. */
export const chunkedEnvelope: Envelope = {
  size: (length) => ({ before: length.toString(16).length + 2, behind: 2 }),
  write(target, length) {
    target.write(`${length.toString(16)}\r\n`, 'latin1');
    target.write('\r\n', target.length - 2, 'latin1');
  },
};

/** The chunk that ends a chunked body. */
export const lastChunk = '0\r\n\r\n';

/**
 * WebSocket framing (RFC 6455, 5.2), server to client: one unmasked binary message a piece.
 *
 *     FIN | RSV | opcode 2 | 0 | length 7 bit, or 126 + 16 bit, or 127 + 64 bit
 */
export const webSocketEnvelope: Envelope = {
  size: (length) => ({ before: length < 126 ? 2 : length < 65_536 ? 4 : 10, behind: 0 }),
  write(target, length) {
    target[0] = 0x82;
    if (length < 126) {
      target[1] = length;
    } else if (length < 65_536) {
      target[1] = 126;
      target.writeUInt16BE(length, 2);
    } else {
      target[1] = 127;
      target.writeBigUInt64BE(BigInt(length), 2);
    }
  },
};
