import type { Packet } from '../../shared/media.ts';
import type { Stream } from './stream.ts';

/**
 * One output format: turns packets into the bytes that every viewer of the format receives.
 * Each packet's bytes stand alone, so that viewers can join, and be cut back, at any key frame.
 */
export interface Muxer {
  /** What stands before everything else, such as a file header. */
  head?(stream: Stream): Uint8Array;
  /** Bytes that `write` needs for this packet; 0 leaves the packet out. */
  size(packet: Packet): number;
  /** Writes the packet at `offset` and answers the offset behind it. */
  write(target: Buffer, offset: number, packet: Packet): number;
  /** What the transport puts around each piece that is sent, such as a WebSocket frame header. */
  readonly envelope?: Envelope;
}

export interface Envelope {
  /** Bytes before and behind a piece of `length` bytes. */
  size(length: number): { before: number; behind: number };
  /** Writes both into `target`, whose first `before` and last `behind` bytes are free. */
  write(target: Buffer, length: number): void;
}

/** The packets' bytes in one shared buffer, in the format's envelope; undefined when there are none. */
export function mux(
  muxer: Muxer,
  packets: readonly Packet[],
  head?: Uint8Array,
): Buffer | undefined {
  let length = head?.length ?? 0;
  for (const packet of packets) length += muxer.size(packet);
  if (length === 0) return undefined;
  const around = muxer.envelope?.size(length);
  const target = Buffer.allocUnsafe((around?.before ?? 0) + length + (around?.behind ?? 0));
  let offset = around?.before ?? 0;
  if (head) {
    target.set(head, offset);
    offset += head.length;
  }
  for (const packet of packets) {
    if (muxer.size(packet) > 0) offset = muxer.write(target, offset, packet);
  }
  muxer.envelope?.write(target, length);
  return target;
}
