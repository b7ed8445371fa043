import { parseAv1Config } from '../../../shared/codecs/av1.ts';
import { parseAvcConfig } from '../../../shared/codecs/avc.ts';
import { parseHevcConfig } from '../../../shared/codecs/hevc.ts';
import type { VideoPacket } from '../../../shared/media.ts';
import { packetizeAv1 } from '../../protocols/rtp/av1-packetizer.ts';
import { packetizeAvc, packetizeHevc } from '../../protocols/rtp/nal-packetizer.ts';
import { packetizeVp9 } from '../../protocols/rtp/vp9-packetizer.ts';
import type { RtpCodec } from '../../protocols/sdp/codecs.ts';
import type { Frame } from './frame.ts';
import { MAX_PAYLOAD_BYTES } from './frame.ts';
import type { RtpClock } from './rtp-clock.ts';

/** Video codecs that go over RTP. */
export type RtpVideoCodec = Exclude<RtpCodec, 'opus'>;

export const isRtpVideo = (codec: string): codec is RtpVideoCodec =>
  codec === 'h264' || codec === 'hevc' || codec === 'av1' || codec === 'vp9';

const none: readonly Uint8Array[] = [];

/** Makes frames of a stream's video packets, once for all viewers. */
export class VideoPacketizer {
  readonly #clock: Pick<RtpClock, 'ticks'>;
  #nalLengthSize = 4;
  #parameterSets = none;
  #configObus: Uint8Array = new Uint8Array(0);
  #pictureId = 0;
  /** profile_idc of H.264; what the answer's `profile-level-id` goes by. */
  profile = 66;

  constructor(clock: Pick<RtpClock, 'ticks'>) {
    this.#clock = clock;
  }

  /** The frame of a packet; undefined for a configuration, or when nothing in it is sent.
   *  @throws CodecError when the packet is malformed */
  push(packet: VideoPacket): Frame | undefined {
    if (packet.role === 'config') {
      this.#configure(packet);
      return undefined;
    }
    const payloads = this.#payloads(packet);
    if (payloads.length === 0) return undefined;
    return {
      kind: 'video',
      payloads,
      bytes: payloads.reduce((sum, { length }) => sum + length, 0),
      timestamp: this.#clock.ticks(packet.pts, 'video'),
      pts: packet.pts,
      key: packet.role === 'key',
      disposable: packet.role === 'disposable',
    };
  }

  #configure({ codec, payload }: VideoPacket): void {
    switch (codec) {
      case 'h264': {
        const config = parseAvcConfig(payload);
        this.#nalLengthSize = config.nalLengthSize;
        this.#parameterSets = [...config.sps, ...config.pps];
        this.profile = config.profile;
        return;
      }
      case 'hevc': {
        const config = parseHevcConfig(payload);
        this.#nalLengthSize = config.nalLengthSize;
        this.#parameterSets = [...config.vps, ...config.sps, ...config.pps];
        return;
      }
      case 'av1':
        this.#configObus = parseAv1Config(payload).obus;
        return;
      default:
    }
  }

  #payloads({ codec, role, payload }: VideoPacket): Uint8Array[] {
    const isKey = role === 'key';
    const parameterSets = isKey ? this.#parameterSets : none;
    switch (codec) {
      case 'h264':
        return packetizeAvc(payload, this.#nalLengthSize, parameterSets, MAX_PAYLOAD_BYTES);
      case 'hevc':
        return packetizeHevc(payload, this.#nalLengthSize, parameterSets, MAX_PAYLOAD_BYTES);
      case 'av1':
        return packetizeAv1(payload, isKey, this.#configObus, MAX_PAYLOAD_BYTES);
      case 'vp9':
        this.#pictureId = (this.#pictureId + 1) & 0x7fff;
        return packetizeVp9(payload, isKey, this.#pictureId, MAX_PAYLOAD_BYTES);
      default:
        return [];
    }
  }
}
