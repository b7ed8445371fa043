/**
 * Program-specific information (ISO/IEC 13818-1, section 2.4.4): the tables that say which
 * packet identifier carries what.
 */
export const PAT_PID = 0x0000;
export const PMT_PID = 0x1000;

const PROGRAM_NUMBER = 1;
const TABLE_ID = { pat: 0x00, pmt: 0x02 } as const;

/** An elementary stream as the program map lists it. */
export interface PmtStream {
  readonly pid: number;
  readonly streamType: number;
  /** Four characters that say the format where the stream type is not a standard's own. */
  readonly registration?: string;
}

/** The program association section: one program, whose map is on `PMT_PID`. */
export function patSection(): Buffer {
  const program = Buffer.alloc(4);
  program.writeUInt16BE(PROGRAM_NUMBER, 0);
  program.writeUInt16BE(0xe000 | PMT_PID, 2);
  return section(TABLE_ID.pat, 1, 0, program);
}

/** The program map section; `version` (0–31) changes whenever the streams do. */
export function pmtSection(streams: readonly PmtStream[], pcrPid: number, version: number): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(0xe000 | pcrPid, 0);
  head.writeUInt16BE(0xf000, 2); // no program descriptors
  return section(TABLE_ID.pmt, PROGRAM_NUMBER, version, head, ...streams.map(streamEntry));
}

function streamEntry({ streamType, pid, registration }: PmtStream): Buffer {
  const descriptors = registration ? registrationDescriptor(registration) : Buffer.alloc(0);
  const entry = Buffer.alloc(5);
  entry.writeUInt8(streamType, 0);
  entry.writeUInt16BE(0xe000 | pid, 1);
  entry.writeUInt16BE(0xf000 | descriptors.length, 3);
  return Buffer.concat([entry, descriptors]);
}

/** ISO/IEC 13818-1, section 2.6.8. */
function registrationDescriptor(format: string): Buffer {
  return Buffer.concat([Buffer.from([0x05, format.length]), Buffer.from(format, 'latin1')]);
}

/**
 * A section, after the pointer field that stands before the first one in a packet:
 *
 *     0 | table id | 1 0 11, length (12) | id (16) | 11, version (5), current 1 | 0 | 0 | … | CRC
 */
function section(table: number, id: number, version: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length = 5 + body.length + 4;
  const bytes = Buffer.alloc(1 + 3 + length);
  bytes.writeUInt8(table, 1);
  bytes.writeUInt16BE(0xb000 | length, 2);
  bytes.writeUInt16BE(id, 4);
  bytes.writeUInt8(0xc1 | ((version & 0x1f) << 1), 6);
  body.copy(bytes, 9);
  bytes.writeUInt32BE(crc32(bytes.subarray(1, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

/** CRC-32/MPEG-2: polynomial 0x04C11DB7, not reflected, from all ones (Annex A). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = ((crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!) >>> 0;
  return crc;
}
