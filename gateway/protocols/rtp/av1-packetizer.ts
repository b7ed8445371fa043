/**
 * RTP payloads for AV1 (AOMedia "RTP Payload Format For AV1", sections 4 and 5).
 *
 *    |Z|Y| W |N|-|-|-|   aggregation header: Z continues, Y will continue, W 0 = every element is
 *                        preceded by its length, N starts a coded video sequence
 *    | leb128 length | OBU element | …
 */
const TEMPORAL_DELIMITER = 2;
const TILE_LIST = 8;
const PADDING = 15;
const SEQUENCE_HEADER = 1;

/** Longest leb128 length that is read; the sizes it can express go beyond any frame. */
const MAX_LEB_BYTES = 8;

const readLeb128 = (data: Uint8Array, at: number): { value: number; end: number } | undefined => {
  let value = 0;
  for (let index = 0; index < MAX_LEB_BYTES; index++) {
    const byte = data[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
};

/** OBUs of a low-overhead bitstream (AV1, 5.2), without their size fields; stops at what is broken. */
export const splitObus = (data: Uint8Array): Uint8Array[] => {
  const obus: Uint8Array[] = [];
  let at = 0;
  while (at < data.length) {
    const header = data[at]!;
    const headerBytes = (header & 0x04) !== 0 ? 2 : 1;
    const type = (header >> 3) & 0x0f;
    let from = at + headerBytes;
    let end = data.length;
    if ((header & 0x02) !== 0) {
      const size = readLeb128(data, from);
      if (size === undefined || size.end + size.value > data.length) break;
      from = size.end;
      end = from + size.value;
    }
    if (from > end) break; // the header itself is cut off
    if (type !== TEMPORAL_DELIMITER && type !== TILE_LIST && type !== PADDING) {
      const obu = new Uint8Array(headerBytes + end - from);
      obu[0] = header & ~0x02;
      if (headerBytes === 2) obu[1] = data[at + 1]!;
      obu.set(data.subarray(from, end), headerBytes);
      obus.push(obu);
    }
    at = end;
  }
  return obus;
};

const lebBytes = (value: number): 1 | 2 => (value < 0x80 ? 1 : 2);

/**
 * RTP payloads of an AV1 temporal unit, none longer than `limit` bytes. For a key frame without a
 * sequence header, `configObus` (the end of the av1C record) goes first.
 */
export const packetizeAv1 = (
  temporalUnit: Uint8Array,
  key: boolean,
  configObus: Uint8Array,
  limit: number,
): Uint8Array[] => {
  const obus = splitObus(temporalUnit);
  if (key && !obus.some((obu) => ((obu[0]! >> 3) & 0x0f) === SEQUENCE_HEADER)) {
    obus.unshift(...splitObus(configObus));
  }
  const payloads: Uint8Array[] = [];
  let current = new Uint8Array(limit);
  let used = 1;
  let continues = false;
  const close = (willContinue: boolean): void => {
    const isFirst = payloads.length === 0;
    current[0] = (continues ? 0x80 : 0) | (willContinue ? 0x40 : 0) | (key && isFirst ? 0x08 : 0);
    payloads.push(current.subarray(0, used));
    current = new Uint8Array(limit);
    used = 1;
    continues = willContinue;
  };
  for (const obu of obus) {
    let from = 0;
    while (from < obu.length) {
      // Two bytes of length always suffice, as no packet has 16 kB.
      const room = limit - used - 2;
      if (room < 1) {
        close(from > 0);
        continue;
      }
      const size = Math.min(room, obu.length - from);
      if (lebBytes(size) === 1) current[used++] = size;
      else {
        current[used++] = 0x80 | (size & 0x7f);
        current[used++] = size >> 7;
      }
      current.set(obu.subarray(from, from + size), used);
      used += size;
      from += size;
      if (from < obu.length) close(true);
    }
  }
  if (used > 1) close(false);
  return payloads;
};
