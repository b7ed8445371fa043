import { findBox, needBox, needBytes, readBoxes, readU64, tableEntries } from './box-reader.ts';
import { box } from './box.ts';
import { Mp4Error } from './errors.ts';
import { trackEnd, type Movie, type MovieTrack } from './movie.ts';
import { readSampleTable } from './sample-table-reader.ts';
import type { Work } from './work.ts';

/** Most tracks of a file that are looked at. */
const MAX_TRACKS = 32;

/**
 * Reads a movie's description (ISO/IEC 14496-12, section 8.2). Tracks other than picture and sound
 * are left out, and so are those without samples.
 *
 * @param moov content of the box
 * @param fileSize bytes; all media must lie inside
 * @throws Mp4Error
 */
export function* readMovie(moov: Buffer, fileSize: number): Work<Movie> {
  const mvhd = needBox(moov, 'mvhd', 20);
  needBytes(mvhd, mvhd[0] === 1 ? 24 : 20, 'mvhd');
  const movieTimescale = mvhd.readUInt32BE(mvhd[0] === 1 ? 20 : 12);
  const tracks: MovieTrack[] = [];
  let seen = 0;
  for (const { type, content } of readBoxes(moov)) {
    if (type !== 'trak') continue;
    if (++seen > MAX_TRACKS) {
      throw new Mp4Error('MP4_TOO_LARGE', `The file has more than ${MAX_TRACKS} tracks.`);
    }
    const track = yield* readTrack(content, movieTimescale || 1000, fileSize);
    if (track && track.samples.count > 0) tracks.push(track);
  }
  if (tracks.length === 0) {
    throw findBox(moov, 'mvex')
      ? new Mp4Error('MP4_UNSUPPORTED', 'The file is fragmented; it has no table of samples.')
      : new Mp4Error('MP4_EMPTY', 'The file has neither picture nor sound.');
  }
  const duration = Math.max(...tracks.map(trackEnd));
  return { tracks, duration };
}

/**
 * How long a movie is, s, by its header (`mvhd`, section 8.2.2); undefined when it does not say, as
 * in fragmented files.
 * @param mvhd content of the box
 * @throws Mp4Error
 */
export function movieDuration(mvhd: Buffer): number | undefined {
  const long = mvhd[0] === 1;
  needBytes(mvhd, long ? 32 : 20, 'mvhd');
  const timescale = mvhd.readUInt32BE(long ? 20 : 12);
  const duration = long ? readU64(mvhd, 24) : mvhd.readUInt32BE(16);
  const isUnknown = long ? duration >= 2 ** 63 : duration === 2 ** 32 - 1;
  return timescale === 0 || duration === 0 || isUnknown ? undefined : duration / timescale;
}

function* readTrack(
  trak: Buffer,
  movieTimescale: number,
  fileSize: number,
): Work<MovieTrack | undefined> {
  const mdia = needBox(trak, 'mdia');
  const handler = needBox(mdia, 'hdlr', 12).toString('latin1', 8, 12);
  const kind = handler === 'vide' ? 'video' : handler === 'soun' ? 'audio' : undefined;
  if (!kind) return undefined;

  const mdhd = needBox(mdia, 'mdhd', 20);
  needBytes(mdhd, mdhd[0] === 1 ? 24 : 16, 'mdhd');
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  if (timescale === 0) throw new Mp4Error('MP4_INVALID', 'A track has 0 ticks a second.');

  const tkhd = needBox(trak, 'tkhd', 24);
  const long = tkhd[0] === 1 ? 12 : 0;
  needBytes(tkhd, 84 + long, 'tkhd');
  const stbl = needBox(needBox(mdia, 'minf'), 'stbl');
  return {
    id: tkhd.readUInt32BE(long ? 20 : 12),
    kind,
    timescale,
    entry: readEntry(stbl),
    width: tkhd.readUInt32BE(76 + long) >>> 16,
    height: tkhd.readUInt32BE(80 + long) >>> 16,
    samples: yield* readSampleTable(stbl, fileSize),
    shift: readShift(trak, movieTimescale, timescale),
  };
}

/** The first sample entry; files whose tracks change it midway are not made any more. */
function readEntry(stbl: Buffer): Buffer {
  const stsd = needBox(stbl, 'stsd', 8);
  const [entry] = readBoxes(stsd.subarray(8));
  if (!entry) throw new Mp4Error('MP4_INVALID', 'A track has no sample entry.');
  return box(entry.type, entry.content);
}

/**
 * What the edit list does to a track's times: silence or black at the start (empty edits), then the
 * media from `media_time` on. Edits after the first that shows media are not followed.
 *
 *     elst: entries of segment_duration (32 or 64), media_time (32 or 64, -1: empty), rate (32)
 */
function readShift(trak: Buffer, movieTimescale: number, timescale: number): number {
  const edts = findBox(trak, 'edts');
  const elst = edts && findBox(edts, 'elst');
  if (!elst) return 0;
  needBytes(elst, 8, 'elst');
  const long = elst[0] === 1;
  const size = long ? 20 : 12;
  const entries = tableEntries(elst, 'elst', size);
  let delay = 0;
  for (let entry = 0; entry < entries; entry++) {
    const at = 8 + entry * size;
    const empty = elst.readInt32BE(at + (long ? 8 : 4)) < 0;
    if (empty) {
      const length = long ? readU64(elst, at) : elst.readUInt32BE(at);
      delay += (length * 1e6) / movieTimescale;
    } else {
      const start = long ? readU64(elst, at + 8) : elst.readUInt32BE(at + 4);
      return delay - (start * 1e6) / timescale;
    }
  }
  return delay;
}
