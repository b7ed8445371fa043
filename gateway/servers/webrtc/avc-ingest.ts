import { buildAvcConfig } from '../../../shared/codecs/avc.ts';
import { videoBody } from '../../protocols/flv/tag-body.ts';
import type { AvcAccessUnit } from '../../protocols/rtp/avc-depacketizer.ts';
import { AvcDepacketizer } from '../../protocols/rtp/avc-depacketizer.ts';

export interface AvcIngestEvents {
  /** The RTP time of a picture, 32 bits, as ms. */
  readonly toMs: (rtp: number) => number;
  /** The body of an FLV video tag (configuration or picture) and its time, which never decreases. */
  readonly onTag: (ms: number, body: Buffer) => void;
  readonly onKey: () => void;
  /** A picture is incomplete: nothing can be shown up to the next key frame. */
  readonly onSpoiled: () => void;
  /** A picture was left out. */
  readonly onDropped: () => void;
  /** The parameter sets cannot be read; a sentence says why. */
  readonly onMalformed: (message: string) => void;
}

/** RTP payloads of H.264 as FLV's pictures: whole ones only, and none before a key frame. */
export class AvcIngest {
  readonly #events: AvcIngestEvents;
  readonly #depacketizer = new AvcDepacketizer();
  #sps: Buffer | undefined;
  #pps: Buffer | undefined;
  /** RTP time of the picture that is being put together. */
  #unitTime: number | undefined;
  #needsKey = true;
  #lastMs = 0;

  constructor(events: AvcIngestEvents) {
    this.#events = events;
  }

  /** Pictures are left out until a key frame comes. */
  get needsKey(): boolean {
    return this.#needsKey;
  }

  /** Takes the next payload in order. */
  push(payload: Buffer, timestamp: number, marker: boolean): void {
    // A new time stamp begins a new access unit, also when the marker was lost.
    if (this.#unitTime !== undefined && timestamp !== this.#unitTime) this.#finishUnit();
    if (payload.length === 0) return;
    this.#unitTime = timestamp;
    const unit = this.#depacketizer.push(payload, marker);
    if (!marker) return;
    this.#unitTime = undefined;
    if (unit === undefined) this.#spoil();
    else this.#onUnit(unit, timestamp);
  }

  /** What comes next does not continue what came. */
  gap(): void {
    this.#depacketizer.gap();
    this.#spoil();
  }

  #finishUnit(): void {
    const time = this.#unitTime!;
    this.#unitTime = undefined;
    const unit = this.#depacketizer.finish();
    if (unit !== undefined) this.#onUnit(unit, time);
    else this.#spoil();
  }

  #spoil(): void {
    this.#needsKey = true;
    this.#events.onSpoiled();
  }

  #onUnit(unit: AvcAccessUnit, timestamp: number): void {
    const ms = this.#events.toMs(timestamp);
    if (unit.sps !== undefined && unit.pps !== undefined) this.#configure(unit.sps, unit.pps, ms);
    if (unit.units.length === 0 || this.#sps === undefined) return;
    if (unit.key) {
      this.#needsKey = false;
      this.#events.onKey();
    } else if (this.#needsKey) {
      this.#events.onDropped();
      return;
    }
    const payload = Buffer.allocUnsafe(unit.units.reduce((sum, one) => sum + 4 + one.length, 0));
    let at = 0;
    for (const one of unit.units) {
      at = payload.writeUInt32BE(one.length, at);
      at += one.copy(payload, at);
    }
    const role = unit.key ? 'key' : unit.disposable ? 'disposable' : 'delta';
    this.#lastMs = Math.max(this.#lastMs, ms);
    const body = videoBody({ codec: 'h264', role, compositionTime: 0, payload });
    this.#events.onTag(this.#lastMs, body);
  }

  #configure(sps: Buffer, pps: Buffer, ms: number): void {
    if (this.#sps?.equals(sps) === true && this.#pps?.equals(pps) === true) return;
    try {
      const payload = buildAvcConfig({ sps: [sps], pps: [pps] });
      const body = videoBody({ codec: 'h264', role: 'config', compositionTime: 0, payload });
      this.#lastMs = Math.max(this.#lastMs, ms);
      this.#events.onTag(this.#lastMs, body);
      this.#sps = sps;
      this.#pps = pps;
    } catch (error) {
      this.#events.onMalformed(`The publisher's H.264 cannot be read: ${(error as Error).message}`);
    }
  }
}
