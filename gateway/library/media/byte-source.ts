import type { ProgressiveFile } from '../../protocols/mp4/progressive-writer.ts';
import type { MediaFile } from './media-file.ts';

/** What is read from. */
type Readable = Pick<MediaFile, 'path' | 'size' | 'read'>;

/** Bytes that can be sent from anywhere on: a file, or one that is put together while it is sent. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from `from` to before `to`, in pieces that are read as they are taken. */
  read(from: number, to: number): AsyncGenerator<Buffer>;
}

/** What is read of a file at a time, bytes. */
const PIECE = 32 * 1024;

/** A file as it is. */
export function wholeSource(file: Readable): ByteSource {
  return { size: file.size, read: (from, to) => readPieces(file, from, to) };
}

/** A file that is cut from another: its head is in memory, its media stays where it is. */
export function clipSource(file: Readable, { head, ranges, size }: ProgressiveFile): ByteSource {
  return {
    size,
    async *read(from, to) {
      if (from < head.length) yield head.subarray(from, Math.min(to, head.length));
      let at = head.length;
      for (const [index, start] of ranges.starts.entries()) {
        const length = ranges.lengths[index]!;
        const skip = Math.max(0, from - at);
        const end = Math.min(length, to - at);
        if (skip < end) yield* readPieces(file, start + skip, start + end);
        at += length;
        if (at >= to) return;
      }
    },
  };
}

async function* readPieces(file: Readable, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const piece = await file.read(at, Math.min(PIECE, to - at));
    if (piece.length === 0) throw new Error(`${file.path} became shorter while it was sent.`);
    yield piece;
    at += piece.length;
  }
}
