import { CodecError } from './codec-error.ts';

/**
 * NAL units as they lie in MP4, FLV and RTMP, each after its length, alike for H.264 and HEVC
 * (ISO/IEC 14496-15, 4.3.3).
 */

/** `data[start]` is the NAL unit's header; `end` is the index after its last byte. */
export type NalVisitor = (start: number, end: number) => void;

/**
 * The index after the length-prefixed unit at `at`; the unit begins at `at + lengthSize`. For
 * loops that may not allocate:
 *
 *     for (let at = 0; at < data.length; at = end) end = nalUnitEnd(data, at, lengthSize);
 *
 * @param lengthSize Bytes of a length, 1 to 4, as the configuration record says.
 * @throws CodecError `CODEC_TRUNCATED`.
 */
export function nalUnitEnd(data: Uint8Array, at: number, lengthSize: number): number {
  const start = at + lengthSize;
  if (start > data.length) {
    throw new CodecError(
      'CODEC_TRUNCATED',
      `A NAL unit's length begins at byte ${at} of ${data.length}; it takes ${lengthSize}.`,
    );
  }
  let size = 0;
  for (let i = at; i < start; i++) size = size * 256 + data[i]!;
  if (size > data.length - start) {
    throw new CodecError(
      'CODEC_TRUNCATED',
      `A NAL unit declares ${size} bytes; ${data.length - start} are left.`,
    );
  }
  return start + size;
}

/** Visits every length-prefixed unit that is not empty. @throws CodecError `CODEC_TRUNCATED`. */
export function forEachNalUnit(data: Uint8Array, lengthSize: number, visit: NalVisitor): void {
  let at = 0;
  while (at < data.length) {
    const end = nalUnitEnd(data, at, lengthSize);
    if (end > at + lengthSize) visit(at + lengthSize, end);
    at = end;
  }
}

/**
 * A NAL unit without its emulation_prevention_three_bytes (H.264 7.4.1, HEVC 7.4.2.2), the unit
 * itself where it has none.
 */
export function removeEmulationPrevention(unit: Uint8Array): Uint8Array {
  let target: Uint8Array | undefined;
  let size = 0;
  let zeros = 0;
  for (let at = 0; at < unit.length; at++) {
    const byte = unit[at]!;
    if (zeros >= 2 && byte === 3) {
      if (!target) {
        target = new Uint8Array(unit.length - 1);
        target.set(unit.subarray(0, at));
        size = at;
      }
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    if (target) target[size++] = byte;
  }
  return target ? target.subarray(0, size) : unit;
}
