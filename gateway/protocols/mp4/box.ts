/**
 * Writing ISO base media file format boxes (ISO/IEC 14496-12, section 4.2).
 *
 *     size (32 bits, header included) | type (4 characters) | [version (8) | flags (24)] | content
 */

/** A box of the parts given, which are copied once. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  let size = 8;
  for (const part of parts) size += part.length;
  const bytes = Buffer.allocUnsafe(size);
  writeBoxHeader(bytes, 0, type, size);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A box as pieces, its header first: what is large is copied once, when all is put together. */
export function boxOf(type: string, parts: readonly Buffer[]): Buffer[] {
  const header = Buffer.allocUnsafe(8);
  writeBoxHeader(
    header,
    0,
    type,
    parts.reduce((sum, { length }) => sum + length, 8),
  );
  return [header, ...parts];
}

/** A box with a version (0–255) and flags (24 bits) before its content. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Buffer {
  return box(type, u32((version << 24) | flags), ...parts);
}

/** Writes a box's size and type at `at`; returns where its content begins. */
export function writeBoxHeader(into: Buffer, at: number, type: string, size: number): number {
  into.writeUInt32BE(size, at);
  into.write(type, at + 4, 4, 'latin1');
  return at + 8;
}

/** Writes a non-negative integer of up to 53 bits into 8 bytes at `at`; returns where it ends. */
export function writeU64(into: Buffer, at: number, value: number): number {
  into.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  into.writeUInt32BE(value % 2 ** 32, at + 4);
  return at + 8;
}

/** Bytes of 8-bit numbers. */
export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

/** Bytes of 16-bit big-endian numbers; negative ones as two's complement. */
export function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, index * 2);
  return bytes;
}

/** Bytes of 32-bit big-endian numbers; negative ones as two's complement. */
export function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

/** The bytes of a text of Latin-1 characters, such as a four-character code. */
export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
