/**
 * H.264 access units out of RTP payloads (RFC 6184: single NAL units, STAP-A, FU-A), for WHIP.
 *
 * Payloads come in order. A gap spoils the access unit that it falls into; the next one starts
 * clean. What is put together is bounded.
 */
import { AVC_NAL_IDR, AVC_NAL_PPS, AVC_NAL_SPS, avcNalType } from '../../../shared/codecs/avc.ts';

/** 4K at its worst; a publisher that sends more per frame is broken or hostile. */
const MAX_ACCESS_UNIT_BYTES = 8 * 1024 * 1024;
const MAX_UNITS = 512;
const STAP_A = 24;
const FU_A = 28;

export interface AvcAccessUnit {
  /** NAL units with their headers, parameter sets left out. */
  readonly units: readonly Buffer[];
  readonly key: boolean;
  /** Nothing refers to it: all slices have nal_ref_idc 0. */
  readonly disposable: boolean;
  /** Parameter sets that came with it. */
  readonly sps: Buffer | undefined;
  readonly pps: Buffer | undefined;
}

export class AvcDepacketizer {
  #units: Buffer[] = [];
  #fragments: Buffer[] = [];
  #bytes = 0;
  #spoiled = false;

  /** Packets are missing before the next payload. */
  gap(): void {
    this.#spoiled = true;
    this.#fragments = [];
  }

  /**
   * Takes a payload (copied); with `marker` it is the last of its access unit, which is answered
   * unless something of it is missing.
   */
  push(payload: Buffer, marker: boolean): AvcAccessUnit | undefined {
    if (!this.#take(payload)) this.gap();
    return marker ? this.finish() : undefined;
  }

  /** Ends the access unit: its last payload came, or the next one's time stamp. */
  finish(): AvcAccessUnit | undefined {
    const units = this.#units;
    const isWhole = !this.#spoiled && this.#fragments.length === 0 && units.length > 0;
    this.#units = [];
    this.#fragments = [];
    this.#bytes = 0;
    this.#spoiled = false;
    if (!isWhole) return undefined;
    const typed = (type: number): Buffer | undefined =>
      units.find((unit) => avcNalType(unit[0]!) === type);
    const slices = units.filter((unit) => {
      const type = avcNalType(unit[0]!);
      return type >= 1 && type <= AVC_NAL_IDR;
    });
    return {
      units: units.filter((unit) => {
        const type = avcNalType(unit[0]!);
        return type !== AVC_NAL_SPS && type !== AVC_NAL_PPS;
      }),
      key: typed(AVC_NAL_IDR) !== undefined,
      disposable: slices.length > 0 && slices.every((unit) => (unit[0]! & 0x60) === 0),
      sps: typed(AVC_NAL_SPS),
      pps: typed(AVC_NAL_PPS),
    };
  }

  /** False when the payload is malformed or too much. */
  #take(payload: Buffer): boolean {
    if (payload.length === 0) return true; // padding only: probes carry nothing
    this.#bytes += payload.length;
    if (this.#bytes > MAX_ACCESS_UNIT_BYTES || this.#units.length > MAX_UNITS) return false;
    const type = avcNalType(payload[0]!);
    if (type >= 1 && type < STAP_A) {
      this.#units.push(Buffer.from(payload));
      return true;
    }
    if (type === STAP_A) return this.#takeAggregate(payload);
    if (type === FU_A) return this.#takeFragment(payload);
    return false;
  }

  #takeAggregate(payload: Buffer): boolean {
    let at = 1;
    while (at + 2 < payload.length) {
      const size = payload.readUInt16BE(at);
      if (size === 0 || at + 2 + size > payload.length) return false;
      this.#units.push(Buffer.from(payload.subarray(at + 2, at + 2 + size)));
      at += 2 + size;
    }
    return at === payload.length;
  }

  #takeFragment(payload: Buffer): boolean {
    if (payload.length < 3) return false;
    const isFirst = (payload[1]! & 0x80) !== 0;
    const isLast = (payload[1]! & 0x40) !== 0;
    if (isFirst) {
      this.#fragments = [Buffer.from([(payload[0]! & 0xe0) | (payload[1]! & 0x1f)])];
    } else if (this.#fragments.length === 0) return false;
    this.#fragments.push(Buffer.from(payload.subarray(2)));
    if (isLast) {
      this.#units.push(Buffer.concat(this.#fragments));
      this.#fragments = [];
    }
    return true;
  }
}
