import type { Movie } from '../../protocols/mp4/movie.ts';

/** What is told of a finished file. */
export interface MediaFacts {
  /** Seconds, to the ms. */
  readonly duration: number;
  /** Pictures a second, to the hundredth; 0 without. */
  readonly fps: number;
  /** bit/s */
  readonly bitrate: number;
  readonly wh: string;
}

export const noFacts: MediaFacts = { duration: 0, fps: 0, bitrate: 0, wh: '0x0' };

/** @param size of the file, bytes */
export function mediaFacts(movie: Movie, size: number): MediaFacts {
  const duration = Math.round(Math.max(0, movie.duration) / 1000) / 1000;
  const video = movie.tracks.find(({ kind }) => kind === 'video');
  const pictures = video ? video.samples.count : 0;
  const seconds = video ? video.samples.end / video.timescale : 0;
  return {
    duration,
    fps: seconds > 0 ? Math.round((pictures / seconds) * 100) / 100 : 0,
    bitrate: duration > 0 ? Math.round((size * 8) / duration) : 0,
    wh: `${video?.width ?? 0}x${video?.height ?? 0}`,
  };
}
