import type { Packet } from '../../../shared/media.ts';
import type { Format } from '../../live/hub.ts';
import type { Muxer } from '../../live/muxer.ts';
import { messageSize, writeMessage } from '../../protocols/rtmp/chunk-writer.ts';
import { MessageType } from '../../protocols/rtmp/message.ts';

/** Chunks that we send are at most this long, bytes: one chunk a frame, mostly. */
export const CHUNK_SIZE = 60_000;

/** Chunk streams that media is sent on; commands have 3, protocol control 2. */
const CHUNK_STREAM = { audio: 4, data: 5, video: 6 } as const;

/** What a player wants to receive (receiveAudio, receiveVideo). */
export interface Wanted {
  readonly audio: boolean;
  readonly video: boolean;
}

/**
 * RTMP messages for the players whose NetStream has this number. Nearly all have number 1, so that
 * the bytes of one muxer serve them all.
 */
export function rtmpFormat(streamId: number, wanted: Wanted): Format {
  const key = `rtmp ${streamId}${wanted.audio ? '' : ' -audio'}${wanted.video ? '' : ' -video'}`;
  return { key, create: () => createRtmpMuxer(streamId, wanted) };
}

function createRtmpMuxer(streamId: number, wanted: Wanted): Muxer {
  return {
    size(packet) {
      const { length } = packet.body;
      const carrier = carrierOf(packet);
      if (length === 0 || (carrier !== 'data' && !wanted[carrier])) return 0;
      return messageSize(length, rtmpTime(packet), CHUNK_SIZE, CHUNK_STREAM[carrier]);
    },
    write(target, offset, packet) {
      const carrier = carrierOf(packet);
      const type = carrier === 'data' ? MessageType.dataAmf0 : MessageType[carrier];
      const time = rtmpTime(packet);
      const { body } = packet;
      return writeMessage(
        target,
        offset,
        CHUNK_STREAM[carrier],
        type,
        streamId,
        time,
        body,
        CHUNK_SIZE,
      );
    },
  };
}

const carrierOf = (packet: Packet): 'audio' | 'video' | 'data' =>
  packet.kind === 'data' ? packet.carrier : packet.kind;

/** Stream time as RTMP time: ms, unsigned 32 bits. */
const rtmpTime = (packet: Packet): number => Math.round(packet.dts / 1000) >>> 0;
