import type { ReportBlock } from '../../protocols/rtp/rtcp-reader.ts';
import { compactNtp, toNtp } from '../../protocols/rtp/rtcp-writer.ts';
import { clockRates } from './frame.ts';
import type { RtpSender } from './rtp-sender.ts';

/** Sender reports, ms apart (RFC 3550, 6.2 allows less than 5 s where bandwidth is known). */
const REPORT_MS = 1_000;
/** Round trip time before one was measured, and the least that is believed, ms. */
const USUAL_RTT_MS = 50;
const LEAST_RTT_MS = 1;
/** Share of a new measurement. */
const RTT_STEP = 0.3;
/** Receivers tell times in 1/65,536 s. */
const UNITS_PER_MS = 65.536;

/** One viewer's sender reports, and the round trip time that the answers tell. */
export class SenderReports {
  #at = -Infinity;
  #last: { readonly compact: number; readonly sentAt: number } | undefined;
  #rttMs = USUAL_RTT_MS;

  /** Round trip time, ms. */
  get rttMs(): number {
    return this.#rttMs;
  }

  /** Whether it is time for reports. `now`: monotonic ms. */
  isDue(now: number): boolean {
    return now - this.#at >= REPORT_MS;
  }

  /** Writes reports: the wall clock `unixMs` belongs to the stream's `time`, µs, and RTP time is
   *  that plus `offset`. */
  write(
    now: number,
    unixMs: number,
    time: number,
    offset: number,
    senders: { readonly video: RtpSender | undefined; readonly audio: RtpSender | undefined },
  ): Buffer {
    this.#at = now;
    this.#last = { compact: compactNtp(toNtp(unixMs)), sentAt: now };
    const reports: Buffer[] = [];
    for (const kind of ['video', 'audio'] as const) {
      const ticks = offset + Math.round((time * clockRates[kind]) / 1e6);
      const report = senders[kind]?.report(unixMs, ticks);
      if (report !== undefined) reports.push(report);
    }
    return Buffer.concat(reports);
  }

  /** Takes what the viewer says to our reports. */
  onBlocks(blocks: readonly ReportBlock[], now: number): void {
    for (const block of blocks) {
      if (this.#last === undefined || block.lastReport !== this.#last.compact) continue;
      const held = block.delaySinceLastReport / UNITS_PER_MS;
      const rtt = Math.max(LEAST_RTT_MS, now - this.#last.sentAt - held);
      this.#rttMs += (rtt - this.#rttMs) * RTT_STEP;
    }
  }
}
