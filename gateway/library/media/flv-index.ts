import type { FileHandle } from 'node:fs/promises';
import { FlvDemuxer, type FlvTag } from '../../../shared/flv/demuxer.ts';
import { FlvError } from '../../../shared/flv/flv-error.ts';
import { FlvMovieBuilder } from '../../protocols/flv/flv-movie.ts';
import { flvHeader } from '../../protocols/flv/tag-writer.ts';
import type { Movie } from '../../protocols/mp4/movie.ts';
import { readAt } from './read-at.ts';

const PIECE = 512 * 1024;
/** Of PreviousTagSize (4) and the tag's header (11), which stand between two bodies. */
const BETWEEN = 15;
/** Of a damaged piece. */
const STEP = 512;
const MAX_BODY = 16 * 1024 * 1024;

/**
 * Reads an FLV file from its begin to its end and answers its tables; undefined when there is
 * nothing in it that MP4 has a place for. A file that breaks off, or is damaged from somewhere on,
 * counts up to there.
 *
 * @param onProgress is told how far it is, 0 to 1
 */
export async function indexFlv(
  file: FileHandle,
  size: number,
  onProgress: (progress: number) => void = () => {},
): Promise<Movie | undefined> {
  const demuxer = new FlvDemuxer({ maxBodySize: MAX_BODY });
  const builder = new FlvMovieBuilder();
  let body = 0;
  for (let at = 0; at < size;) {
    // A new one each time: tags share it.
    const piece = Buffer.allocUnsafe(PIECE);
    const { bytesRead } = await file.read(piece, 0, PIECE, at);
    if (bytesRead === 0) break;
    if (at === 0) body = (bytesRead >= 9 ? piece.readUInt32BE(5) : 9) + BETWEEN;
    at += bytesRead;
    try {
      for (const tag of demuxer.push(piece.subarray(0, bytesRead))) {
        builder.add(tag, body);
        body += tag.body.length + BETWEEN;
      }
    } catch (error) {
      if (!(error instanceof FlvError)) throw error;
      await salvage(file, body, builder);
      break;
    }
    onProgress(at / size);
  }
  return builder.build();
}

/**
 * Takes the tags before the place where the file is damaged, but not the last one of them: it is
 * whole in length only. After a power cut what was not written yet is often zeros.
 *
 * @param body where the body of the next tag begins
 */
async function salvage(file: FileHandle, body: number, builder: FlvMovieBuilder): Promise<void> {
  const demuxer = new FlvDemuxer({ maxBodySize: MAX_BODY });
  demuxer.push(flvHeader({ audio: true, video: true }).subarray(0, 9));
  let last: FlvTag | undefined;
  let at = body - BETWEEN;
  try {
    // In small steps, as nothing is had of the one that fails.
    for (;;) {
      const step = await readAt(file, at, STEP);
      if (step.length === 0) return;
      at += step.length;
      for (const tag of demuxer.push(step)) {
        if (last) {
          builder.add(last, body);
          body += last.body.length + BETWEEN;
        }
        last = tag;
      }
    }
  } catch (error) {
    if (!(error instanceof FlvError)) throw error;
  }
}
