/** A strict reader of transport streams, written from ISO/IEC 13818-1 apart from the muxer. */

export interface DemuxedPes {
  readonly pid: number;
  readonly streamId: number;
  /** 90 kHz, 33 bits. */
  readonly pts: number;
  readonly dts: number;
  readonly data: Buffer;
  readonly randomAccess: boolean;
  /** Program clock of the first packet, 90 kHz, where it has one. */
  readonly pcr: number | undefined;
}

export interface DemuxedTs {
  /** Streams of the program map, in its order. */
  readonly streams: readonly { readonly pid: number; readonly type: number }[];
  readonly pcrPid: number;
  /** Versions of the program maps, in order. */
  readonly versions: readonly number[];
  readonly pes: readonly DemuxedPes[];
  /** The next continuity counter of each PID. */
  readonly continuity: ReadonlyMap<number, number>;
}

interface OpenPes {
  readonly pid: number;
  readonly parts: Buffer[];
  readonly randomAccess: boolean;
  readonly pcr: number | undefined;
}

/** Reads whole packets; throws at the first thing that the standard does not allow. */
export function demuxTs(bytes: Buffer, continuity = new Map<number, number>()): DemuxedTs {
  if (bytes.length % 188 !== 0) throw new Error(`${bytes.length} bytes are no whole packets`);
  let pmtPid = -1;
  let pcrPid = -1;
  let streams: { pid: number; type: number }[] = [];
  const versions: number[] = [];
  const open = new Map<number, OpenPes>();
  const pes: DemuxedPes[] = [];

  for (let at = 0; at < bytes.length; at += 188) {
    const packet = bytes.subarray(at, at + 188);
    if (packet[0] !== 0x47) throw new Error(`no sync byte at ${at}`);
    if (packet[1]! & 0xa0) throw new Error(`transport error or priority bit at ${at}`);
    const unitStart = (packet[1]! & 0x40) !== 0;
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const counter = packet[3]! & 0x0f;
    const expected = continuity.get(pid);
    if (expected !== undefined && counter !== expected) {
      throw new Error(`continuity of PID ${pid} is ${counter}, expected ${expected}`);
    }
    continuity.set(pid, (counter + 1) % 16);

    let start = 4;
    let randomAccess = false;
    let pcr: number | undefined;
    if (packet[3]! & 0x20) {
      const length = packet[4]!;
      if (length > 183) throw new Error(`adaptation field of ${length} bytes`);
      start += 1 + length;
      if (length > 0) {
        const flags = packet[5]!;
        randomAccess = (flags & 0x40) !== 0;
        let used = 6;
        if (flags & 0x10) {
          pcr = packet.readUInt32BE(6) * 2 + (packet[10]! >> 7);
          used += 6;
        }
        for (let i = used; i < start; i++) {
          if (packet[i] !== 0xff) throw new Error(`stuffing of ${packet[i]}`);
        }
      }
    }
    if (!(packet[3]! & 0x10)) throw new Error('a packet without payload');
    const payload = packet.subarray(start);
    if (payload.length === 0) throw new Error('a payload of no bytes');

    if (pid === 0) {
      const section = readSection(payload, 0x00);
      if (section.length !== 4) throw new Error('expected one program');
      pmtPid = section.readUInt16BE(2) & 0x1fff;
    } else if (pid === pmtPid) {
      const section = readSection(payload, 0x02);
      versions.push((payload[6]! >> 1) & 0x1f);
      pcrPid = section.readUInt16BE(0) & 0x1fff;
      streams = [];
      let entry = 4 + (section.readUInt16BE(2) & 0x0fff);
      while (entry < section.length) {
        streams.push({ type: section[entry]!, pid: section.readUInt16BE(entry + 1) & 0x1fff });
        entry += 5 + (section.readUInt16BE(entry + 3) & 0x0fff);
      }
    } else {
      if (unitStart) {
        const before = open.get(pid);
        if (before) pes.push(readPes(before));
        open.set(pid, { pid, parts: [payload], randomAccess, pcr });
      } else {
        const current = open.get(pid);
        if (!current) throw new Error(`PID ${pid} begins in the middle of a unit`);
        current.parts.push(payload);
      }
    }
  }
  for (const last of open.values()) pes.push(readPes(last));
  return { streams, pcrPid, versions, pes, continuity };
}

function readSection(payload: Buffer, tableId: number): Buffer {
  if (payload[0] !== 0) throw new Error('expected a pointer field of 0');
  if (payload[1] !== tableId) throw new Error(`table ${payload[1]}, expected ${tableId}`);
  const length = payload.readUInt16BE(2) & 0x0fff;
  const end = 4 + length;
  let crc = 0xffff_ffff;
  for (const byte of payload.subarray(1, end)) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (crc >>> 31) ^ ((byte >> bit) & 1);
      crc = (crc << 1) >>> 0;
      if (top) crc = (crc ^ 0x04c1_1db7) >>> 0;
    }
  }
  if (crc !== 0) throw new Error('the checksum of a section is wrong');
  if (payload.subarray(end).some((byte) => byte !== 0xff)) throw new Error('no stuffing');
  return payload.subarray(9, end - 4);
}

function readPes({ pid, parts, randomAccess, pcr }: OpenPes): DemuxedPes {
  const bytes = Buffer.concat(parts);
  if (bytes.readUIntBE(0, 3) !== 1) throw new Error('no PES start code');
  const length = bytes.readUInt16BE(4);
  if (length !== 0 && length !== bytes.length - 6) {
    throw new Error(`a PES packet of ${bytes.length - 6} bytes says ${length}`);
  }
  const flags = bytes[7]! >> 6;
  const pts = readTime(bytes, 9, flags === 3 ? 3 : 2);
  const dts = flags === 3 ? readTime(bytes, 14, 1) : pts;
  const data = bytes.subarray(9 + bytes[8]!);
  return { pid, streamId: bytes[3]!, pts, dts, data, randomAccess, pcr };
}

function readTime(bytes: Buffer, at: number, prefix: number): number {
  if (bytes[at]! >> 4 !== prefix) throw new Error(`a time with prefix ${bytes[at]! >> 4}`);
  const markers = bytes[at]! & bytes[at + 2]! & bytes[at + 4]! & 1;
  if (!markers) throw new Error('a time without its marker bits');
  const high = (bytes[at]! >> 1) & 0x07;
  return (
    high * 2 ** 30 + (bytes.readUInt16BE(at + 1) >> 1) * 2 ** 15 + (bytes.readUInt16BE(at + 3) >> 1)
  );
}
