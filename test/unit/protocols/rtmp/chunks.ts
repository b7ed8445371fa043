import { ChunkReader } from '../../../../gateway/protocols/rtmp/chunk-reader.ts';
import type { ChunkLimits } from '../../../../gateway/protocols/rtmp/chunk-reader.ts';
import type { RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';

/** Bytes from hexadecimal with spaces. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

/** A number as that many bytes of hexadecimal, big-endian. */
export function be(value: number, bytes: number): string {
  return value.toString(16).padStart(bytes * 2, '0');
}

/** All messages in those reads, by one reader. */
export function readAll(reads: Buffer[], limits?: Partial<ChunkLimits>): RtmpMessage[] {
  const reader = new ChunkReader(limits);
  const messages: RtmpMessage[] = [];
  for (const data of reads) reader.push(data, (message) => messages.push(message));
  return messages;
}

/** The bytes one by one, each in memory of its own. */
export function singly(data: Buffer): Buffer[] {
  return [...data].map((byte) => Buffer.of(byte));
}

/** What tests compare: everything but the identity of the payload's memory. */
export function plain(message: RtmpMessage): RtmpMessage {
  return { ...message, payload: Buffer.from(message.payload) };
}

export function message(part: Partial<RtmpMessage>): RtmpMessage {
  return {
    type: 9,
    streamId: 1,
    timestamp: 0,
    chunkStreamId: 6,
    payload: Buffer.alloc(0),
    ...part,
  };
}
