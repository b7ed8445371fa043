/** What an MP4 file says of a track before its first sample. */
interface Mp4TrackBase {
  /** 1 and up, unique in the file. */
  readonly id: number;
  /** Ticks a second of this track's times. */
  readonly timescale: number;
  /**
   * The decoder configuration: content of the box that the codec's sample entry holds
   * (avcC, hvcC, av1C, vpcC without its version and flags, dac3, dec3), AudioSpecificConfig for
   * AAC, OpusHead for Opus, metadata blocks (with or without `fLaC` before them) for FLAC;
   * nothing for MP3.
   */
  readonly config: Uint8Array;
}

export interface Mp4VideoTrack extends Mp4TrackBase {
  readonly kind: 'video';
  readonly codec: 'h264' | 'hevc' | 'av1' | 'vp9';
  /** Size of the picture in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface Mp4AudioTrack extends Mp4TrackBase {
  readonly kind: 'audio';
  readonly codec: 'aac' | 'mp3' | 'opus' | 'ac3' | 'eac3' | 'flac';
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
}

export type Mp4Track = Mp4VideoTrack | Mp4AudioTrack;
