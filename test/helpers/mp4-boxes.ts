/** A reader of boxes (ISO/IEC 14496-12) for tests, written apart from the writer. */

export interface Box {
  readonly type: string;
  /** What follows size and type. */
  readonly content: Buffer;
}

/** The boxes that make up `bytes`; throws when they do not fill it exactly. */
export function readBoxes(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) throw new Error(`a box of ${size} bytes at ${at}`);
    const type = bytes.toString('latin1', at + 4, at + 8);
    boxes.push({ type, content: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}

/** The content of the box at a path such as `moov/trak/mdia`, of the first of each type. */
export function boxAt(bytes: Buffer, path: string): Buffer {
  let content = bytes;
  for (const type of path.split('/')) {
    const found = readBoxes(content).find((box) => box.type === type);
    if (!found) throw new Error(`no ${type} of ${path}`);
    content = found.content;
  }
  return content;
}

/** The contents of all boxes of a type. */
export function boxesOf(bytes: Buffer, type: string): Buffer[] {
  return readBoxes(bytes)
    .filter((box) => box.type === type)
    .map(({ content }) => content);
}

/** A sample entry: its type, and its boxes after the fixed fields. */
export function sampleEntryOf(trak: Buffer): { type: string; boxes: Box[]; fields: Buffer } {
  const stsd = boxAt(trak, 'mdia/minf/stbl/stsd');
  const entry = readBoxes(stsd.subarray(8))[0]!;
  const isVideo = boxAt(trak, 'mdia/hdlr').toString('latin1', 8, 12) === 'vide';
  const fixed = isVideo ? 78 : 28;
  return {
    type: entry.type,
    fields: entry.content.subarray(0, fixed),
    boxes: readBoxes(entry.content.subarray(fixed)),
  };
}

export interface ReadSample {
  readonly track: number;
  /** In the track's timescale. */
  readonly dts: number;
  readonly pts: number;
  readonly duration: number;
  readonly key: boolean;
  readonly flags: number;
  readonly data: Buffer;
}

/** All samples of a fragmented file or of bare fragments, in the order in which they are stored. */
export function readFragments(bytes: Buffer): ReadSample[] {
  const samples: ReadSample[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'moof') {
      const moof = bytes.subarray(at + 8, at + size);
      for (const traf of boxesOf(moof, 'traf')) samples.push(...readTraf(bytes, at, traf));
    }
    at += size;
  }
  return samples;
}

function readTraf(bytes: Buffer, moof: number, traf: Buffer): ReadSample[] {
  const tfhd = boxAt(traf, 'tfhd');
  const headerFlags = tfhd.readUInt32BE(0) & 0xff_ffff;
  const track = tfhd.readUInt32BE(4);
  let field = 8;
  const take = (flag: number): number | undefined => {
    if (!(headerFlags & flag)) return undefined;
    field += 4;
    return tfhd.readUInt32BE(field - 4);
  };
  if (headerFlags & 0x01) field += 8;
  take(0x02);
  const defaultDuration = take(0x08) ?? 0;
  const defaultSize = take(0x10) ?? 0;
  const defaultFlags = take(0x20) ?? 0;

  const tfdt = boxAt(traf, 'tfdt');
  let dts = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const samples: ReadSample[] = [];
  for (const trun of boxesOf(traf, 'trun')) {
    const flags = trun.readUInt32BE(0) & 0xff_ffff;
    const count = trun.readUInt32BE(4);
    let data = moof + trun.readInt32BE(8);
    let at = 12;
    const next = (flag: number, otherwise: number, signed = false): number => {
      if (!(flags & flag)) return otherwise;
      at += 4;
      return signed ? trun.readInt32BE(at - 4) : trun.readUInt32BE(at - 4);
    };
    const firstFlags = next(0x04, -1);
    for (let index = 0; index < count; index++) {
      const duration = next(0x100, defaultDuration);
      const size = next(0x200, defaultSize);
      const own = next(0x400, index === 0 && firstFlags >= 0 ? firstFlags : defaultFlags);
      const offset = next(0x800, 0, trun[0] === 1);
      samples.push({
        track,
        dts,
        pts: dts + offset,
        duration,
        key: (own & 0x0001_0000) === 0,
        flags: own,
        data: bytes.subarray(data, data + size),
      });
      dts += duration;
      data += size;
    }
  }
  return samples;
}
