/**
 * Opus packets out of an MPEG transport stream with one Opus track, as ffmpeg writes it (the "Opus
 * in MPEG-TS" mapping of ETSI TS 102 772's successors: a control header stands before each packet).
 *
 *     opus_control_header: |0x3ff 11 bits|start_trim|end_trim|extension|reserved 2|
 *                          size: bytes of 255 and one less, summed
 */
const PACKET_BYTES = 188;
const SYNC = 0x47;
const PTS_RANGE = 2 ** 33;
/** An Opus packet has at most 1,275 bytes a frame; 20 ms is one frame. */
const MAX_PES_BYTES = 8192;

/** `pts`: 90 kHz ticks, not wrapped, as far as 26 hours of silence allow. */
export type OpusVisitor = (packet: Buffer, pts: number) => void;

/** Presentation time in a PES header (ISO/IEC 13818-1, 2.4.3.7): 33 bits in five bytes. */
const readPts = (bytes: Buffer, at: number): number =>
  ((bytes[at]! >> 1) & 7) * 2 ** 30 +
  ((bytes.readUInt16BE(at + 1) >> 1) << 15) +
  (bytes.readUInt16BE(at + 3) >> 1);

/** Reads a stream in whatever pieces it comes; `pid` is the Opus track's. */
export class OpusTsReader {
  readonly #pid: number;
  readonly #onPacket: OpusVisitor;
  #rest: Buffer = Buffer.alloc(0);
  #pes: Buffer[] = [];
  #pesBytes = 0;
  /** Bytes that the PES packet will have, header included. */
  #pesLength = 0;
  #lastPts = -1;

  constructor(pid: number, onPacket: OpusVisitor) {
    this.#pid = pid;
    this.#onPacket = onPacket;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (; at + PACKET_BYTES <= bytes.length; at += PACKET_BYTES) {
      if (bytes[at] === SYNC) this.#packet(bytes.subarray(at, at + PACKET_BYTES));
    }
    this.#rest = Buffer.from(bytes.subarray(at));
  }

  #packet(packet: Buffer): void {
    if ((packet.readUInt16BE(1) & 0x1fff) !== this.#pid) return;
    const isStart = (packet[1]! & 0x40) !== 0;
    const control = packet[3]! & 0x30;
    if ((control & 0x10) === 0) return;
    const from = 4 + ((control & 0x20) === 0 ? 0 : 1 + packet[4]!);
    if (from >= PACKET_BYTES) return;
    const payload = packet.subarray(from);
    if (isStart) {
      this.#pes = [];
      this.#pesBytes = 0;
      const isPes = payload.length >= 9 && payload.readUIntBE(0, 3) === 1;
      this.#pesLength = isPes ? 6 + payload.readUInt16BE(4) : 0;
    }
    if (this.#pesLength === 0 || this.#pesLength > MAX_PES_BYTES) return;
    this.#pes.push(payload);
    this.#pesBytes += payload.length;
    if (this.#pesBytes >= this.#pesLength) {
      this.#finish(Buffer.concat(this.#pes).subarray(0, this.#pesLength));
      this.#pesLength = 0;
      this.#pes = [];
    }
  }

  #finish(pes: Buffer): void {
    const from = 9 + pes[8]!;
    if ((pes[7]! & 0x80) === 0 || from > pes.length || from < 14) return;
    let pts = readPts(pes, 9);
    if (this.#lastPts >= 0) {
      while (pts < this.#lastPts - PTS_RANGE / 2) pts += PTS_RANGE;
    }
    this.#lastPts = pts;
    this.#unwrap(pes.subarray(from), pts);
  }

  #unwrap(data: Buffer, pts: number): void {
    let at = 0;
    while (at + 3 <= data.length && data[at] === 0x7f && (data[at + 1]! & 0xe0) === 0xe0) {
      const flags = data[at + 1]!;
      at += 2;
      let size = 0;
      let part = 255;
      while (part === 255 && at < data.length) {
        part = data[at++]!;
        size += part;
      }
      if ((flags & 0x10) !== 0) at += 2;
      if ((flags & 0x08) !== 0) at += 2;
      if ((flags & 0x04) !== 0) at += 1 + (data[at] ?? 0);
      if (size === 0 || at + size > data.length) return;
      this.#onPacket(Buffer.from(data.subarray(at, at + size)), pts);
      at += size;
    }
  }
}
