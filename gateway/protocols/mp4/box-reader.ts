/**
 * Reading ISO base media file format boxes (ISO/IEC 14496-12, section 4.2).
 *
 *     size (32) | type (4 characters) | [large size (64) if size = 1] | content; size 0: to the end
 */
import { Mp4Error } from './errors.ts';
import type { Work } from './work.ts';

export interface BoxHeader {
  readonly type: string;
  /** Bytes of size and type. */
  readonly headerSize: number;
  /** Bytes in all; 0 when the box goes on to the end of what holds it. */
  readonly size: number;
}

/** A box in memory; `content` shares the bytes read from. */
export interface Box {
  readonly type: string;
  readonly content: Buffer;
}

/** Bytes that the longest header takes. */
export const MAX_BOX_HEADER = 16;

/** Most boxes looked at in one container: real files have a dozen. */
const MAX_BOXES = 10_000;

/**
 * The header at the front of `bytes`; undefined when they end inside it.
 * @throws Mp4Error `MP4_INVALID` when the size is smaller than the header
 */
export function readBoxHeader(bytes: Buffer): BoxHeader | undefined {
  if (bytes.length < 8) return undefined;
  const type = bytes.toString('latin1', 4, 8);
  let size = bytes.readUInt32BE(0);
  let headerSize = 8;
  if (size === 1) {
    if (bytes.length < 16) return undefined;
    size = readU64(bytes, 8);
    headerSize = 16;
  }
  if (size !== 0 && size < headerSize) {
    throw new Mp4Error(
      'MP4_INVALID',
      `The box ${JSON.stringify(type)} declares ${size} bytes; its header alone has ${headerSize}.`,
    );
  }
  return { type, headerSize, size };
}

/**
 * The boxes that `bytes` consist of. Fewer than eight bytes at the end are left aside, as some
 * writers pad with them.
 * @throws Mp4Error `MP4_INVALID`, `MP4_TRUNCATED`, `MP4_TOO_LARGE`
 */
export function* readBoxes(bytes: Buffer): Generator<Box> {
  let at = 0;
  for (let count = 0; bytes.length - at >= 8; count++) {
    if (count === MAX_BOXES) {
      throw new Mp4Error('MP4_TOO_LARGE', `More than ${MAX_BOXES} boxes lie side by side.`);
    }
    const header = readBoxHeader(bytes.subarray(at, at + MAX_BOX_HEADER));
    const size = header?.size || bytes.length - at;
    if (!header || size > bytes.length - at) {
      const type = bytes.toString('latin1', at + 4, at + 8);
      throw new Mp4Error(
        'MP4_TRUNCATED',
        `The box ${JSON.stringify(type)} declares ${size} bytes; there are ${bytes.length - at}.`,
      );
    }
    yield { type: header.type, content: bytes.subarray(at + header.headerSize, at + size) };
    at += size;
  }
}

/** The content of the first box of that type, if there is one. */
export function findBox(bytes: Buffer, type: string): Buffer | undefined {
  for (const box of readBoxes(bytes)) if (box.type === type) return box.content;
  return undefined;
}

/**
 * The content of the first box of that type, at least `minSize` bytes.
 * @throws Mp4Error when there is none, or it is shorter
 */
export function needBox(bytes: Buffer, type: string, minSize = 0): Buffer {
  const content = findBox(bytes, type);
  if (!content) throw new Mp4Error('MP4_INVALID', `The box "${type}" is missing.`);
  needBytes(content, minSize, type);
  return content;
}

/** @throws Mp4Error `MP4_TRUNCATED` when the content has fewer bytes */
export function needBytes(content: Buffer, minSize: number, type: string): void {
  if (content.length >= minSize) return;
  throw new Mp4Error(
    'MP4_TRUNCATED',
    `The box "${type}" has ${content.length} bytes; it needs ${minSize}.`,
  );
}

/**
 * The entries of a table that stands behind version, flags and count: checks that they are there.
 * @param entrySize bytes each
 * @param at where the count stands
 */
export function tableEntries(content: Buffer, type: string, entrySize: number, at = 4): number {
  needBytes(content, at + 4, type);
  const count = content.readUInt32BE(at);
  needBytes(content, at + 4 + count * entrySize, type);
  return count;
}

/** Numbers that are turned round in one go. */
const TURNED_AT_ONCE = 2 ** 18;

/** So many 32-bit big-endian numbers from `at` on, in memory of their own. */
export function* readU32Table(bytes: Buffer, at: number, count: number): Work<Uint32Array> {
  const table = new Uint32Array(count);
  for (let first = 0; first < count; first += TURNED_AT_ONCE) {
    const part = table.subarray(first, first + TURNED_AT_ONCE);
    const copy = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    bytes.copy(copy, 0, at + first * 4);
    if (IS_LITTLE_ENDIAN) copy.swap32();
    yield;
  }
  return table;
}

/** Numbers as 32 bits each, big-endian; the memory given is what is answered. */
export function bigEndian(numbers: Uint32Array): Buffer {
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return IS_LITTLE_ENDIAN ? bytes.swap32() : bytes;
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** An unsigned 64-bit integer as a number; beyond 2^53 it is only near. */
export function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
