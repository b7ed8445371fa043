/**
 * RTP payloads for H.264 (RFC 6184, packetization-mode 1) and HEVC (RFC 7798), which differ only
 * in the sizes of headers: small NAL units that follow each other are aggregated (STAP-A 24, AP 48),
 * large ones are fragmented (FU-A 28, FU 49), the rest goes as it is.
 *
 *     H.264  FU-A:  |F|NRI| 28 |  |S|E|R|  type   |  fragment …
 *     HEVC   FU:    |F| 49 | layer | tid |  |S|E|  type  |  fragment …
 */
import {
  avcNalType,
  AVC_NAL_AUD,
  AVC_NAL_PPS,
  AVC_NAL_SEI,
  AVC_NAL_SPS,
} from '../../../shared/codecs/avc.ts';
import {
  HEVC_NAL_AUD,
  HEVC_NAL_PPS,
  HEVC_NAL_SEI_PREFIX,
  HEVC_NAL_SPS,
  HEVC_NAL_VPS,
  hevcNalType,
} from '../../../shared/codecs/hevc.ts';
import { forEachNalUnit } from '../../../shared/codecs/nal-units.ts';

const AVC_NAL_FILLER = 12;
const HEVC_NAL_FILLER = 38;
const HEVC_NAL_SEI_SUFFIX = 40;
const STAP_A = 24;
const FU_A = 28;
const AP = 48;
const FU = 49;

interface NalFormat {
  /** Bytes of the NAL unit header. */
  readonly headerBytes: 1 | 2;
  /** Not sent: delimiters and filler say nothing over RTP; SEI is left out as browsers ignore it. */
  readonly isDropped: (firstByte: number) => boolean;
  readonly isParameterSet: (firstByte: number) => boolean;
  /** Writes the payload header of an aggregation packet. */
  readonly writeAggregateHeader: (out: Uint8Array, units: readonly Uint8Array[]) => void;
  /** Writes the payload and FU headers; `edge` has bit 7 for the first and 6 for the last fragment. */
  readonly writeFragmentHeader: (
    out: Uint8Array,
    at: number,
    unit: Uint8Array,
    edge: number,
  ) => void;
}

const avc: NalFormat = {
  headerBytes: 1,
  isDropped: (byte) => {
    const type = avcNalType(byte);
    return type === AVC_NAL_AUD || type === AVC_NAL_SEI || type === AVC_NAL_FILLER;
  },
  isParameterSet: (byte) => avcNalType(byte) === AVC_NAL_SPS || avcNalType(byte) === AVC_NAL_PPS,
  writeAggregateHeader: (out, units) => {
    // NRI is the highest of the aggregated units (RFC 6184, 5.7).
    out[0] = STAP_A | Math.max(...units.map((unit) => unit[0]! & 0x60));
  },
  writeFragmentHeader: (out, at, unit, edge) => {
    out[at] = (unit[0]! & 0x60) | FU_A;
    out[at + 1] = edge | (unit[0]! & 0x1f);
  },
};

const hevc: NalFormat = {
  headerBytes: 2,
  isDropped: (byte) => {
    const type = hevcNalType(byte);
    return (
      type === HEVC_NAL_AUD ||
      type === HEVC_NAL_FILLER ||
      type === HEVC_NAL_SEI_PREFIX ||
      type === HEVC_NAL_SEI_SUFFIX
    );
  },
  isParameterSet: (byte) => {
    const type = hevcNalType(byte);
    return type === HEVC_NAL_VPS || type === HEVC_NAL_SPS || type === HEVC_NAL_PPS;
  },
  writeAggregateHeader: (out, units) => {
    out[0] = AP << 1;
    // Layer 0 and the lowest temporal identifier (RFC 7798, 4.4.2).
    out[1] = Math.min(...units.map((unit) => unit[1]! & 0x07));
  },
  writeFragmentHeader: (out, at, unit, edge) => {
    out[at] = (unit[0]! & 0x81) | (FU << 1);
    out[at + 1] = unit[1]!;
    out[at + 2] = edge | hevcNalType(unit[0]!);
  },
};

/** Payload and FU header together. */
const fragmentHeaderBytes = (format: NalFormat): number => format.headerBytes + 1;

const fragment = (format: NalFormat, unit: Uint8Array, limit: number, out: Uint8Array[]): void => {
  const head = fragmentHeaderBytes(format);
  const bytes = unit.length - format.headerBytes;
  const count = Math.ceil(bytes / (limit - head));
  const memory = new Uint8Array(bytes + count * head);
  let from = format.headerBytes;
  let at = 0;
  for (let index = 0; index < count; index++) {
    // Even sizes: a full packet followed by a tiny one wastes the tiny one's headers and tag.
    const size = Math.ceil((unit.length - from) / (count - index));
    const edge = (index === 0 ? 0x80 : 0) | (index === count - 1 ? 0x40 : 0);
    format.writeFragmentHeader(memory, at, unit, edge);
    memory.set(unit.subarray(from, from + size), at + head);
    out.push(memory.subarray(at, at + head + size));
    from += size;
    at += head + size;
  }
};

const aggregate = (format: NalFormat, units: readonly Uint8Array[]): Uint8Array => {
  const total = units.reduce<number>((sum, unit) => sum + 2 + unit.length, format.headerBytes);
  const out = new Uint8Array(total);
  format.writeAggregateHeader(out, units);
  let at: number = format.headerBytes;
  for (const unit of units) {
    out[at] = unit.length >> 8;
    out[at + 1] = unit.length;
    out.set(unit, at + 2);
    at += 2 + unit.length;
  }
  return out;
};

/** Units as payloads of at most `limit` bytes, neighbours aggregated while they fit. */
const payloadsOf = (
  format: NalFormat,
  units: readonly Uint8Array[],
  limit: number,
): Uint8Array[] => {
  const payloads: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let runBytes: number = format.headerBytes;
  const closeRun = (): void => {
    if (run.length === 1) payloads.push(run[0]!);
    else if (run.length > 1) payloads.push(aggregate(format, run));
    run = [];
    runBytes = format.headerBytes;
  };
  for (const unit of units) {
    if (unit.length > limit) {
      closeRun();
      fragment(format, unit, limit, payloads);
      continue;
    }
    if (runBytes + 2 + unit.length > limit) closeRun();
    run.push(unit);
    runBytes += 2 + unit.length;
  }
  closeRun();
  return payloads;
};

const packetizeNals = (
  format: NalFormat,
  accessUnit: Uint8Array,
  nalLengthSize: number,
  parameterSets: readonly Uint8Array[],
  limit: number,
): Uint8Array[] => {
  const units: Uint8Array[] = [];
  let hasParameterSets = false;
  forEachNalUnit(accessUnit, nalLengthSize, (start, end) => {
    const first = accessUnit[start]!;
    if (end - start <= format.headerBytes || format.isDropped(first)) return;
    hasParameterSets ||= format.isParameterSet(first);
    units.push(accessUnit.subarray(start, end));
  });
  if (units.length === 0) return [];
  if (hasParameterSets) return payloadsOf(format, units, limit);
  return payloadsOf(format, [...parameterSets, ...units], limit);
};

/**
 * RTP payloads of an H.264 access unit, none longer than `limit` bytes; the last carries the marker.
 * `parameterSets` (SPS and PPS; empty for all but key frames) go first unless the access unit has
 * its own. Payloads may share the access unit's memory.
 * @throws CodecError `CODEC_TRUNCATED`
 */
export const packetizeAvc = (
  accessUnit: Uint8Array,
  nalLengthSize: number,
  parameterSets: readonly Uint8Array[],
  limit: number,
): Uint8Array[] => packetizeNals(avc, accessUnit, nalLengthSize, parameterSets, limit);

/** The same for HEVC; `parameterSets` are VPS, SPS and PPS. */
export const packetizeHevc = (
  accessUnit: Uint8Array,
  nalLengthSize: number,
  parameterSets: readonly Uint8Array[],
  limit: number,
): Uint8Array[] => packetizeNals(hevc, accessUnit, nalLengthSize, parameterSets, limit);
