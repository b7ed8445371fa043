/** Codecs as people write them. Plain JavaScript, as the status page is served as it is written. */
const titles = {
  h264: 'H.264',
  hevc: 'H.265',
  av1: 'AV1',
  vp8: 'VP8',
  vp9: 'VP9',
  aac: 'AAC',
  mp3: 'MP3',
  opus: 'Opus',
  flac: 'FLAC',
  ac3: 'AC-3',
  eac3: 'E-AC-3',
};

/** A codec's name as people write it; as it is where we know none. */
export function codecTitle(codec) {
  return Object.hasOwn(titles, codec) ? titles[codec] : codec;
}
