import { CodecError } from './codec-error.ts';

/**
 * NAL units in their two wrappings, alike for H.264 and HEVC: length-prefixed (in MP4, FLV and
 * RTMP; ISO/IEC 14496-15, 4.3.3) and byte stream with start codes (MPEG-TS; H.264 annex B).
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

/** Visits every non-empty unit of an Annex B byte stream, without its start code and padding. */
export function forEachAnnexBUnit(data: Uint8Array, visit: NalVisitor): void {
  let start = -1;
  let at = 0;
  while (at + 2 < data.length) {
    if (data[at + 2]! > 1) {
      at += 3;
    } else if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 1) {
      if (start >= 0) visitTrimmed(data, start, at, visit);
      at += 3;
      start = at;
    } else {
      at += 1;
    }
  }
  if (start >= 0) visitTrimmed(data, start, data.length, visit);
}

/** A NAL unit never ends with a zero byte: zeros there belong to the next start code. */
function visitTrimmed(data: Uint8Array, start: number, end: number, visit: NalVisitor): void {
  while (end > start && data[end - 1] === 0) end -= 1;
  if (end > start) visit(start, end);
}

const START_CODE_SIZE = 4;

/** Bytes that `writeAnnexB` will write: each unit with a start code of four bytes. */
export function annexBSize(data: Uint8Array, lengthSize: number): number {
  let size = 0;
  forEachNalUnit(data, lengthSize, (start, end) => {
    size += START_CODE_SIZE + end - start;
  });
  return size;
}

/**
 * Writes length-prefixed units as an Annex B byte stream; returns the offset after them. Nothing
 * is added or left out (access unit delimiters and parameter sets are the muxer's business).
 */
export function writeAnnexB(
  target: Uint8Array,
  offset: number,
  data: Uint8Array,
  lengthSize: number,
): number {
  forEachNalUnit(data, lengthSize, (start, end) => {
    offset = writeAnnexBUnit(target, offset, data.subarray(start, end));
  });
  return offset;
}

/** Writes one unit after a start code of four bytes; returns the offset after it. */
export function writeAnnexBUnit(target: Uint8Array, offset: number, unit: Uint8Array): number {
  target[offset] = target[offset + 1] = target[offset + 2] = 0;
  target[offset + 3] = 1;
  target.set(unit, offset + START_CODE_SIZE);
  return offset + START_CODE_SIZE + unit.length;
}

/**
 * Turns an Annex B byte stream into length-prefixed units with lengths of four bytes.
 *
 * @param keep Called with a unit's first byte; false leaves it out. Parameter sets and delimiters
 *   do not belong into an `avc1`/`hvc1` access unit.
 */
export function annexBToLengthPrefixed(
  data: Uint8Array,
  keep: (firstByte: number) => boolean = () => true,
): Uint8Array {
  let size = 0;
  forEachAnnexBUnit(data, (start, end) => {
    if (keep(data[start]!)) size += 4 + end - start;
  });
  const target = new Uint8Array(size);
  const view = new DataView(target.buffer);
  let at = 0;
  forEachAnnexBUnit(data, (start, end) => {
    if (!keep(data[start]!)) return;
    view.setUint32(at, end - start);
    target.set(data.subarray(start, end), at + 4);
    at += 4 + end - start;
  });
  return target;
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
