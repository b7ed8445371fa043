import type { Config } from '../config/schema.ts';
import type { Log } from '../ops/log.ts';
import type { ProgressiveFile } from '../protocols/mp4/progressive-writer.ts';
import { clipSource, wholeSource } from './media/byte-source.ts';
import type { MediaFile } from './media/media-file.ts';
import type { MediaLibrary } from './media/media-library.ts';
import { mediaType } from './media/media-types.ts';

/** The library as the VOD servers see it: files by name, or by the path that admission granted. */
export function vodSource(media: MediaLibrary, config: () => Config, log: Log) {
  return {
    async open(name: string, granted: string | undefined, options?: { implied?: boolean }) {
      if (granted === undefined) return media.open(name, options);
      const file = await media.openPath(granted);
      // The viewer hears of the name alone: whoever wrote the receiver has to hear of the path.
      if (!file) {
        log.warn({ stream: `vod/${name}`, path: granted }, 'Filename names no media file');
      }
      return file;
    },
    bytes: (file: Pick<MediaFile, 'path' | 'size' | 'readInto'>, clip?: ProgressiveFile) =>
      clip ? clipSource(file, clip) : wholeSource(file),
    typeOf: mediaType,
    mayBeGranted: (protocol: 'rtmp' | 'http') => config()[`enable_${protocol}_vod_s_notify`],
  };
}
