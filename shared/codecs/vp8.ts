import { CodecError, codecTruncated } from './codec-error.ts';

export interface Vp8FrameHeader {
  readonly key: boolean;
  readonly shown: boolean;
  /** Pixels; key frames only. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/**
 * Reads a VP8 frame's tag and, of a key frame, its size (RFC 6386, 9.1).
 *
 * @throws CodecError `CODEC_TRUNCATED`, `CODEC_INVALID`.
 */
export function parseVp8FrameHeader(frame: Uint8Array): Vp8FrameHeader {
  if (frame.length < 3) throw codecTruncated('The VP8 frame', 3, frame.length);
  const key = (frame[0]! & 1) === 0;
  const shown = (frame[0]! & 0x10) !== 0;
  if (!key) return { key, shown, width: undefined, height: undefined };
  if (frame.length < 10) throw codecTruncated('The VP8 key frame', 10, frame.length);
  if (frame[3] !== 0x9d || frame[4] !== 0x01 || frame[5] !== 0x2a) {
    throw new CodecError('CODEC_INVALID', 'The VP8 key frame has no start code 9d 01 2a.');
  }
  // Little-endian, 14 bits each; the upper two are a scale for display.
  const width = (frame[6]! | (frame[7]! << 8)) & 0x3fff;
  const height = (frame[8]! | (frame[9]! << 8)) & 0x3fff;
  return { key, shown, width, height };
}
