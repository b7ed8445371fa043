import type { FileHandle } from 'node:fs/promises';
import { movieDuration } from '../../protocols/mp4/movie-reader.ts';
import { locateBox } from './locate-box.ts';
import { isFlv } from './movie-file.ts';
import { readAt } from './read-at.ts';

/** More than the header of a movie takes in either version, bytes. */
const MVHD_BYTES = 112;
/** Of an FLV tag's header, and of PreviousTagSize behind its body. */
const TAG_HEADER = 11;
const TAG_SIZE = 4;

/**
 * How long a file plays by what it says of itself, s, without its tables being read: an MP4's movie
 * header, or the time of an FLV's last tag. Undefined when it does not say.
 * @throws Mp4Error, or the system's error
 */
export async function fileDuration(file: FileHandle, size: number): Promise<number | undefined> {
  return (await isFlv(file)) ? flvDuration(file, size) : mp4Duration(file, size);
}

async function mp4Duration(file: FileHandle, size: number): Promise<number | undefined> {
  const moov = await locateBox(file, { start: 0, end: size }, 'moov');
  const mvhd = moov && (await locateBox(file, moov, 'mvhd'));
  if (!mvhd) return undefined;
  const length = Math.min(MVHD_BYTES, mvhd.end - mvhd.start);
  return movieDuration(await readAt(file, mvhd.start, length));
}

/** FLV 10.1, annex E.3: the file ends with the size of the tag before, which says its time. */
async function flvDuration(file: FileHandle, size: number): Promise<number | undefined> {
  const first = await readTagTime(file, (await readAt(file, 5, 4)).readUInt32BE(0) + TAG_SIZE);
  const last = (await readAt(file, size - TAG_SIZE, TAG_SIZE)).readUInt32BE(0);
  const time = last < size ? await readTagTime(file, size - TAG_SIZE - last) : undefined;
  if (first === undefined || time === undefined || time < first) return undefined;
  return (time - first) / 1000;
}

/** The time of the tag at a place, ms; undefined when there is none. */
async function readTagTime(file: FileHandle, at: number): Promise<number | undefined> {
  if (at < 0) return undefined;
  const header = await readAt(file, at, TAG_HEADER);
  if (header.length < TAG_HEADER || ![8, 9, 18].includes(header[0]! & 0x1f)) return undefined;
  return header.readUIntBE(4, 3) + header[7]! * 2 ** 24;
}
