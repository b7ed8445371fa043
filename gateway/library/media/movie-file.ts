import type { FileHandle } from 'node:fs/promises';
import { Mp4Error } from '../../protocols/mp4/errors.ts';
import { readMovie } from '../../protocols/mp4/movie-reader.ts';
import type { Movie } from '../../protocols/mp4/movie.ts';
import { inSlices } from '../../ops/in-slices.ts';
import { indexFlv } from './flv-index.ts';
import { locateBox } from './locate-box.ts';
import { readAt } from './read-at.ts';

/** Largest description that is read: the tables of a day of video take less. */
const MAX_MOOV = 64 * 1024 * 1024;

/**
 * Reads the tables of an MP4 or FLV file, whatever its name says it is.
 * @throws Mp4Error, or the system's error
 */
export async function readMovieFile(file: FileHandle, size: number): Promise<Movie> {
  if (!(await isFlv(file))) return inSlices(readMovie(await readMovieBox(file, size), size));
  const movie = await indexFlv(file, size);
  if (movie) return movie;
  throw new Mp4Error('MP4_EMPTY', 'The file has no picture or sound that could be played.');
}

/** Whether a file begins as FLV files do. */
export async function isFlv(file: FileHandle): Promise<boolean> {
  return (await readAt(file, 0, 3)).toString('latin1') === 'FLV';
}

/** The content of the file's `moov` box, wherever it stands. */
async function readMovieBox(file: FileHandle, size: number): Promise<Buffer> {
  const place = await locateBox(file, { start: 0, end: size }, 'moov');
  if (!place) {
    throw new Mp4Error(
      'MP4_INVALID',
      'The file has no description (moov): it is no MP4, or not whole.',
    );
  }
  const length = place.end - place.start;
  if (length > MAX_MOOV) {
    throw new Mp4Error(
      'MP4_TOO_LARGE',
      `The file's description has ${length} bytes; at most ${MAX_MOOV} are read.`,
    );
  }
  return readAt(file, place.start, length);
}
