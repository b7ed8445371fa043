import { AVC_NAL_SPS, avcNalType, parseAvcConfig } from '../../../shared/codecs/avc.ts';
import { parseAvcSps } from '../../../shared/codecs/avc-sps.ts';
import type { Packet } from '../../../shared/media.ts';

/** Profiles without B-frames: Baseline, and Extended is not used by anybody. */
const BASELINE = 66;

/** Whether the SPS rules reordering out; undefined when it does not tell. */
const spsSaysInOrder = (record: Uint8Array): boolean | undefined => {
  try {
    const config = parseAvcConfig(record);
    if (config.profile === BASELINE) return true;
    const sps = config.sps.find((unit) => avcNalType(unit[0]!) === AVC_NAL_SPS);
    const reordered = sps && parseAvcSps(sps).maxNumReorderFrames;
    return reordered === undefined ? undefined : reordered === 0;
  } catch {
    return undefined;
  }
};

/**
 * Finds out whether a stream's pictures are decoded in another order than shown (B-frames), which
 * WebRTC receivers do not undo. Told by the SPS where it says so, else by presentation times: with
 * reordering even the key frame is shown later than decoded.
 */
export class ReorderingDetector {
  #verdict: boolean | undefined;
  #lastPts = -Infinity;

  get hasReordering(): boolean {
    return this.#verdict ?? false;
  }

  /** Takes a packet of the stream, in order. */
  push(packet: Packet): void {
    if (packet.kind !== 'video' || packet.track !== 0) return;
    if (packet.role === 'config') {
      const inOrder = packet.codec === 'h264' ? spsSaysInOrder(packet.payload) : undefined;
      this.#verdict = inOrder === undefined ? undefined : !inOrder;
      this.#lastPts = -Infinity;
      return;
    }
    if (packet.pts < this.#lastPts) this.#verdict = true;
    this.#lastPts = packet.pts;
    if (this.#verdict === undefined && packet.role === 'key')
      this.#verdict = packet.pts > packet.dts;
  }

  reset(): void {
    this.#verdict = undefined;
    this.#lastPts = -Infinity;
  }
}
