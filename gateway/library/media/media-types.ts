import { extname } from 'node:path';

/** The files that the library serves, by their extension. Nothing else is served or deleted. */
const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.m4a': 'audio/mp4',
  '.mp3': 'audio/mpeg',
  '.flv': 'video/x-flv',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.ts': 'video/mp2t',
};

/** The media type of a file by its name; undefined when it is no media file. */
export function mediaType(fileName: string): string | undefined {
  return TYPES[extname(fileName).toLowerCase()];
}
