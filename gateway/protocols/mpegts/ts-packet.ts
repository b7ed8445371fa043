/**
 * Transport stream packets (ISO/IEC 13818-1, section 2.4.3.2), 188 bytes each:
 *
 *     sync 0x47 | 0, unit start, 0, PID (13 bits) | 00, adaptation, payload, continuity (4 bits)
 *     [adaptation field: length | flags | [PCR 6 bytes] | stuffing 0xFF…] | payload
 */
export const TS_PACKET_SIZE = 188;

const HEADER_SIZE = 4;
/** What a packet carries at most. */
export const TS_PAYLOAD_SIZE = TS_PACKET_SIZE - HEADER_SIZE;
const PCR_FIELD_SIZE = 8;
const FLAGS_FIELD_SIZE = 2;

const FLAGS = { randomAccess: 0x40, pcr: 0x10 } as const;

/** A PES packet or a section on its way into transport stream packets. */
export interface TsUnit {
  /** Packet identifier, 13 bits. */
  readonly pid: number;
  /** The continuity counter of the first packet; those after it count on, modulo 16. */
  readonly continuity: number;
  /** The unit's bytes, in order; copied once. */
  readonly pieces: readonly Uint8Array[];
  /** Decoding can start with this unit. */
  readonly randomAccess?: boolean;
  /** Program clock, 90 kHz, 33 bits, when this unit carries it. */
  readonly pcr?: number;
}

/** The unit as whole packets; the last one is filled with adaptation field stuffing. */
export function packetize(unit: TsUnit): Buffer {
  let left = 0;
  for (const piece of unit.pieces) left += piece.length;

  const firstField = adaptationSize(unit);
  const count = Math.max(1, Math.ceil((left + firstField) / TS_PAYLOAD_SIZE));
  const bytes = Buffer.allocUnsafe(count * TS_PACKET_SIZE);
  const source = new PieceReader(unit.pieces);

  for (let index = 0; index < count; index++) {
    const start = index * TS_PACKET_SIZE;
    const wanted = index === 0 ? firstField : 0;
    const payload = Math.min(left, TS_PAYLOAD_SIZE - wanted);
    const fieldSize = TS_PAYLOAD_SIZE - payload; // the wanted field, and stuffing
    writeHeader(bytes, start, unit.pid, index === 0, fieldSize > 0, unit.continuity + index);
    if (fieldSize > 0) {
      writeAdaptationField(bytes, start + HEADER_SIZE, fieldSize, index === 0 ? unit : undefined);
    }
    source.read(bytes, start + HEADER_SIZE + fieldSize, payload);
    left -= payload;
  }
  return bytes;
}

function adaptationSize({ pcr, randomAccess }: TsUnit): number {
  if (pcr !== undefined) return PCR_FIELD_SIZE;
  return randomAccess ? FLAGS_FIELD_SIZE : 0;
}

function writeHeader(
  bytes: Buffer,
  at: number,
  pid: number,
  unitStart: boolean,
  hasField: boolean,
  continuity: number,
): void {
  bytes[at] = 0x47;
  bytes[at + 1] = (unitStart ? 0x40 : 0) | (pid >> 8);
  bytes[at + 2] = pid & 0xff;
  bytes[at + 3] = (hasField ? 0x30 : 0x10) | (continuity & 0x0f);
}

/** Writes an adaptation field of `size` bytes in all, its length byte included. */
function writeAdaptationField(
  bytes: Buffer,
  at: number,
  size: number,
  unit: TsUnit | undefined,
): void {
  bytes[at] = size - 1;
  if (size === 1) return;
  const pcr = unit?.pcr;
  bytes[at + 1] =
    (unit?.randomAccess ? FLAGS.randomAccess : 0) | (pcr !== undefined ? FLAGS.pcr : 0);
  let used = FLAGS_FIELD_SIZE;
  if (pcr !== undefined) {
    writePcr(bytes, at + 2, pcr);
    used = PCR_FIELD_SIZE;
  }
  bytes.fill(0xff, at + used, at + size);
}

/** Base (33 bits, 90 kHz), six reserved ones, extension (9 bits, 27 MHz), which is always 0. */
function writePcr(bytes: Buffer, at: number, base: number): void {
  bytes.writeUInt32BE(Math.floor(base / 2), at);
  bytes[at + 4] = ((base % 2) << 7) | 0x7e;
  bytes[at + 5] = 0;
}

/** Reads through a list of pieces as if they were one. */
class PieceReader {
  #pieces: readonly Uint8Array[];
  #index = 0;
  #offset = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  /** Copies the next `length` bytes, which there must be, to `at`. */
  read(into: Buffer, at: number, length: number): void {
    const end = at + length;
    while (at < end) {
      const piece = this.#pieces[this.#index]!;
      const take = Math.min(end - at, piece.length - this.#offset);
      into.set(piece.subarray(this.#offset, this.#offset + take), at);
      at += take;
      this.#offset += take;
      if (this.#offset === piece.length) {
        this.#index++;
        this.#offset = 0;
      }
    }
  }
}
