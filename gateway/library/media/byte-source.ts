import type { ProgressiveFile } from '../../protocols/mp4/progressive-writer.ts';
import type { MediaFile } from './media-file.ts';

/** What is read from. */
type Readable = Pick<MediaFile, 'path' | 'size' | 'readInto'>;

/** Bytes that can be sent from anywhere on: a file, or one that is put together while it is sent. */
export interface ByteSource {
  readonly size: number;
  /**
   * The bytes from `from` to before `to`, in pieces that are read as they are taken. A piece is good
   * until the next one is taken: what is read goes where it was, so that hundreds of downloads take
   * no more memory than a piece each.
   */
  read(from: number, to: number): AsyncGenerator<Buffer>;
}

/** What is read of a file at a time, bytes. */
const PIECE = 64 * 1024;

/** A file as it is. */
export function wholeSource(file: Readable): ByteSource {
  return { size: file.size, read: (from, to) => readPieces(file, from, to, newPiece(to - from)) };
}

/** A file that is cut from another: its head is in memory, its media stays where it is. */
export function clipSource(file: Readable, { head, ranges, size }: ProgressiveFile): ByteSource {
  return {
    size,
    async *read(from, to) {
      if (from < head.length) yield head.subarray(from, Math.min(to, head.length));
      const piece = newPiece(to - from);
      let at = head.length;
      for (const [index, start] of ranges.starts.entries()) {
        const length = ranges.lengths[index]!;
        const skip = Math.max(0, from - at);
        const end = Math.min(length, to - at);
        if (skip < end) yield* readPieces(file, start + skip, start + end, piece);
        at += length;
        if (at >= to) return;
      }
    },
  };
}

const newPiece = (most: number): Buffer => Buffer.allocUnsafeSlow(Math.min(PIECE, most));

async function* readPieces(
  file: Readable,
  from: number,
  to: number,
  piece: Buffer,
): AsyncGenerator<Buffer> {
  for (let at = from; at < to;) {
    const length = await file.readInto(piece.subarray(0, Math.min(piece.length, to - at)), at);
    if (length === 0) throw new Error(`${file.path} became shorter while it was sent.`);
    yield piece.subarray(0, length);
    at += length;
  }
}
