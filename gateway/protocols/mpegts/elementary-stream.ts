import {
  AVC_NAL_AUD,
  AVC_NAL_PPS,
  AVC_NAL_SPS,
  avcNalType,
  parseAvcConfig,
} from '../../../shared/codecs/avc.ts';
import { forEachNalUnit } from '../../../shared/codecs/nal-units.ts';
import { AAC_SAMPLE_RATES, parseAacConfig } from '../../../shared/codecs/aac.ts';
import { ADTS_HEADER_SIZE, writeAdtsHeader } from '../../../shared/codecs/adts.ts';
import {
  HEVC_NAL_AUD,
  HEVC_NAL_PPS,
  HEVC_NAL_VPS,
  hevcNalType,
  parseHevcConfig,
} from '../../../shared/codecs/hevc.ts';
import { PES_STREAM_ID } from './pes.ts';

/** A track to be carried in a transport stream. */
export interface TsTrack {
  readonly codec: 'h264' | 'hevc' | 'aac' | 'mp3' | 'ac3' | 'eac3';
  /** Content of `avcC` or `hvcC`, AudioSpecificConfig; nothing for the others. */
  readonly config: Uint8Array;
  /** Audio: samples a second. */
  readonly sampleRate?: number;
  /** Audio: what a frame takes, µs; frames are gathered in one PES packet when this is told. */
  readonly frameTime?: number;
}

/** How a codec's access units stand in a transport stream. */
export interface ElementaryStream {
  readonly kind: 'video' | 'audio';
  /** ISO/IEC 13818-1, table 2-34, and ATSC A/52, annex A, for AC-3. */
  readonly streamType: number;
  readonly streamId: number;
  readonly registration?: string;
  /**
   * Adds an access unit to `pieces` as the byte stream that the standard wants.
   * Throws a `CodecError` when the unit is malformed; `pieces` then has to be thrown away.
   */
  append(pieces: Uint8Array[], data: Uint8Array, key: boolean): void;
}

/** Throws a `CodecError` when the configuration is not one of the codec, or cannot be carried. */
export function elementaryStream(track: TsTrack): ElementaryStream {
  switch (track.codec) {
    case 'h264':
      return h264Stream(track.config);
    case 'hevc':
      return hevcStream(track.config);
    case 'aac':
      return aacStream(track.config);
    case 'mp3': {
      const mpeg1 = (track.sampleRate ?? 44_100) >= 32_000;
      return rawStream(mpeg1 ? 0x03 : 0x04, PES_STREAM_ID.audio);
    }
    case 'ac3':
      return rawStream(0x81, PES_STREAM_ID.private, 'AC-3');
    case 'eac3':
      return rawStream(0x87, PES_STREAM_ID.private, 'EAC3');
  }
}

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/**
 * H.264: each access unit begins with a delimiter (ISO/IEC 13818-1, section 2.14.1), and each one
 * that decoding can start at has the parameter sets, which publishers send only once.
 */
function h264Stream(config: Uint8Array): ElementaryStream {
  const { nalLengthSize, sps, pps } = parseAvcConfig(config);
  const delimiter = Uint8Array.of(0, 0, 0, 1, AVC_NAL_AUD, 0xf0); // any slice type
  const parameterSets = [...sps, ...pps];
  return videoStream(0x1b, undefined, nalLengthSize, delimiter, parameterSets, (byte) => {
    const type = avcNalType(byte);
    if (type === AVC_NAL_AUD) return 'delimiter';
    return type === AVC_NAL_SPS || type === AVC_NAL_PPS ? 'parameters' : 'other';
  });
}

/** HEVC, likewise (ISO/IEC 13818-1, section 2.17.1). */
function hevcStream(config: Uint8Array): ElementaryStream {
  const { nalLengthSize, vps, sps, pps } = parseHevcConfig(config);
  const delimiter = Uint8Array.of(0, 0, 0, 1, HEVC_NAL_AUD << 1, 0x01, 0x50); // any slice type
  const parameterSets = [...vps, ...sps, ...pps];
  return videoStream(0x24, 'HEVC', nalLengthSize, delimiter, parameterSets, (byte) => {
    const type = hevcNalType(byte);
    if (type === HEVC_NAL_AUD) return 'delimiter';
    return type >= HEVC_NAL_VPS && type <= HEVC_NAL_PPS ? 'parameters' : 'other';
  });
}

function videoStream(
  streamType: number,
  registration: string | undefined,
  nalLengthSize: number,
  delimiter: Uint8Array,
  parameterSets: readonly Uint8Array[],
  meaning: (firstByte: number) => 'delimiter' | 'parameters' | 'other',
): ElementaryStream {
  return {
    kind: 'video',
    streamType,
    streamId: PES_STREAM_ID.video,
    registration,
    append(pieces, data, key) {
      pieces.push(delimiter);
      const insertAt = pieces.length;
      let hasParameters = false;
      forEachNalUnit(data, nalLengthSize, (start, end) => {
        const what = meaning(data[start]!);
        if (what === 'delimiter') return;
        if (what === 'parameters') hasParameters = true;
        pieces.push(START_CODE, data.subarray(start, end));
      });
      if (key && !hasParameters) {
        pieces.splice(insertAt, 0, ...parameterSets.flatMap((set) => [START_CODE, set]));
      }
    },
  };
}

/** AAC, each raw frame behind an ADTS header (ISO/IEC 14496-3, section 1.A.3.2). */
function aacStream(config: Uint8Array): ElementaryStream {
  const format = parseAacConfig(config);
  return {
    kind: 'audio',
    streamType: 0x0f,
    streamId: PES_STREAM_ID.audio,
    append(pieces, data) {
      const header = new Uint8Array(ADTS_HEADER_SIZE);
      writeAdtsHeader(header, 0, format, data.length);
      pieces.push(header, data);
    },
  };
}

/** Whether ADTS has room for what an AudioSpecificConfig says; throws a `CodecError`. */
export function fitsAdts(config: Uint8Array): boolean {
  const { objectType, sampleRate, channelConfiguration, frameLength } = parseAacConfig(config);
  return (
    objectType >= 1 &&
    objectType <= 4 &&
    AAC_SAMPLE_RATES.includes(sampleRate) &&
    channelConfiguration >= 1 &&
    channelConfiguration <= 7 &&
    frameLength === 1024
  );
}

/** A format whose frames carry a header of their own. */
function rawStream(streamType: number, streamId: number, registration?: string): ElementaryStream {
  return {
    kind: 'audio',
    streamType,
    streamId,
    registration,
    append(pieces, data) {
      pieces.push(data);
    },
  };
}
