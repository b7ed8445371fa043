import type { AmfObject } from '../amf/value.ts';
import type { Command } from './command.ts';
import { result, statusInfo } from './status.ts';

/** The version that we answer as: old clients look at it before they play H.264. */
const SERVER: AmfObject = { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 };

/** Codecs that are passed through as they come (Enhanced RTMP v2, "Enhancing NetConnection connect"). */
const FOUR_CCS = ['avc1', 'hvc1', 'av01', 'vp09', 'mp4a', '.mp3', 'Opus', 'ac-3', 'ec-3', 'fLaC'];

/** CapsExMask of Enhanced RTMP v2. */
const CAPS_MULTITRACK = 2;
const CAPS_MOD_EX = 4;
const CAPS_NANO_OFFSET = 8;

/** The answer to a `connect` that is welcome (RTMP 1.0 section 7.2.1.1); `objectEncoding`: the AMF version. */
export const connectAnswer = (transactionId: number, objectEncoding: 0 | 3): Command =>
  result(
    transactionId,
    { ...SERVER },
    statusInfo('NetConnection.Connect.Success', 'Connection succeeded.', {
      objectEncoding,
      fourCcList: FOUR_CCS,
      capsEx: CAPS_MULTITRACK | CAPS_MOD_EX | CAPS_NANO_OFFSET,
    }),
  );
