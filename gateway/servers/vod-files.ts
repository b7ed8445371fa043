/**
 * What the VOD servers need of the media library, told narrowly so that they know nothing else of
 * it.
 */
import type { Movie } from '../protocols/mp4/movie.ts';
import type { ProgressiveFile } from '../protocols/mp4/progressive-writer.ts';

/** A media file that is open: it can be read on when it is deleted. */
export interface VodFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** ms since 1970 */
  readonly modified: number;
  /** Of this content; another one has another. */
  readonly tag: string;
  /** Its tables. @throws Mp4Error for what is no MP4 or FLV file */
  movie(): Promise<Movie>;
  /** Fills `into` with what lies at `at`; answers how many bytes that are, 0 at the file's end. */
  readInto(into: Buffer, at: number): Promise<number>;
  /** What lies at these places, which should ascend. */
  readPlaces(
    places: readonly { readonly offset: number; readonly size: number }[],
  ): Promise<Buffer[]>;
  close(): Promise<void>;
}

/** Bytes that can be sent from anywhere on. */
export interface VodBytes {
  readonly size: number;
  /** In pieces, each good until the next one is taken. */
  read(from: number, to: number): AsyncGenerator<Buffer>;
}

/** Where files come from. */
export interface VodFiles {
  /**
   * Opens a file by its name, or by the absolute path that admission granted instead. `implied`: the
   * name may leave out its extension. Undefined: there is none.
   */
  open(
    name: string,
    granted: string | undefined,
    options?: { readonly implied?: boolean },
  ): Promise<VodFile | undefined>;
  /** The whole file, or the part of it that a clip is made of. */
  bytes(file: VodFile, clip?: ProgressiveFile): VodBytes;
  /** The media type of a file by its name; undefined when it is no media file. */
  typeOf(name: string): string | undefined;
  /** Whether admission may grant a file that is not found by its name. */
  mayBeGranted(protocol: 'rtmp' | 'http'): boolean;
}
