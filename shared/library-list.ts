/** What `GET /control/files` answers in JSON: the files of the media library, newest first. */
export interface LibraryList {
  /** Files in the library, those on other pages included. */
  readonly total: number;
  /** How many files of the list come before these. */
  readonly offset: number;
  readonly files: readonly LibraryFile[];
}

/** A file that can be played by its name. */
export interface LibraryFile {
  readonly name: string;
  /** Where it plays over HTTP: a path on the gateway, percent-encoded. */
  readonly url: string;
  /** Its media type. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last written, ms since 1970. */
  readonly modified: number;
  /** Seconds; null while it is not known: what is still written, or no MP4 or FLV file. */
  readonly duration: number | null;
  /** Where its picture (JPEG) is: a path on the gateway; null when there is none. */
  readonly poster: string | null;
  /** `writing`: it still grows; `processing`: it will be made into an MP4. */
  readonly state: 'ready' | 'writing' | 'processing';
}
