import type { FileHandle } from 'node:fs/promises';
import { MAX_BOX_HEADER, readBoxHeader } from '../../protocols/mp4/box-reader.ts';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import { readMovie } from '../../protocols/mp4/movie-reader.ts';
import type { Movie } from '../../protocols/mp4/movie.ts';
import { indexFlv } from './flv-index.ts';
import { readAt } from './read-at.ts';

/** Largest description that is read: the tables of a day of video take less. */
const MAX_MOOV = 64 * 1024 * 1024;
/** Most boxes in a file that are looked at for it. */
const MAX_BOXES = 10_000;

/**
 * Reads the tables of an MP4 or FLV file, whatever its name says it is.
 * @throws Mp4Error, or the system's error
 */
export async function readMovieFile(file: FileHandle, size: number): Promise<Movie> {
  const magic = await readAt(file, 0, 3);
  if (magic.toString('latin1') !== 'FLV') return readMovie(await findMovieBox(file, size), size);
  const movie = await indexFlv(file, size);
  if (movie) return movie;
  throw new Mp4Error('MP4_EMPTY', 'The file has no picture or sound that could be played.');
}

/** The content of the file's `moov` box, wherever it stands. */
async function findMovieBox(file: FileHandle, size: number): Promise<Buffer> {
  let at = 0;
  for (let count = 0; count < MAX_BOXES && at < size; count++) {
    const header = readBoxHeader(await readAt(file, at, MAX_BOX_HEADER));
    if (!header) break;
    const length = header.size || size - at;
    if (at + length > size) {
      const type = JSON.stringify(header.type);
      throw new Mp4Error(
        'MP4_TRUNCATED',
        `The box ${type} ends at byte ${at + length}; the file has ${size} bytes.`,
      );
    }
    if (header.type === 'moov') {
      if (length > MAX_MOOV) {
        throw new Mp4Error(
          'MP4_TOO_LARGE',
          `The file's description has ${length} bytes; at most ${MAX_MOOV} are read.`,
        );
      }
      return readAt(file, at + header.headerSize, length - header.headerSize);
    }
    at += length;
  }
  throw new Mp4Error(
    'MP4_INVALID',
    'The file has no description (moov): it is no MP4, or not whole.',
  );
}
