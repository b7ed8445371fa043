/**
 * Big-endian integers out of and into byte arrays ("network order", as every format here has them).
 *
 * These do not check bounds (a read past the end sees zeros, a write past it is lost): callers
 * check the length once for a whole header, and so pay once.
 */

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readU24(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

/** A signed 24-bit integer, two's complement. */
export function readI24(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8)) >> 8;
}

export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** The low 24 bits of `value`, so it serves for signed integers too. */
export function writeU24(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 16;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** `fourCc('hvc1')`: the four ASCII characters as a big-endian 32-bit integer. */
export function fourCc(name: string): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = (value << 8) | name.charCodeAt(i);
  return value >>> 0;
}

/** For messages: the four characters where they are printable, else the integer in hex. */
export function fourCcName(value: number): string {
  const codes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  const printable = codes.every((code) => code >= 0x20 && code < 0x7f);
  return printable
    ? `'${String.fromCharCode(...codes)}'`
    : `0x${value.toString(16).padStart(8, '0')}`;
}

/** Two hex digits a byte, lower case, nothing between. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
