import type { ReceptionReport } from '../../protocols/rtp/rtcp-writer.ts';
import { unwrap } from '../../protocols/rtp/sequence.ts';

/** Packets held or missed at a time: about two seconds of a good camera. */
const MAX_PENDING = 1024;
/** A missing packet is asked for at once, then again after this long, ms. */
const NACK_MS = 40;
const MAX_NACKS = 10;

export interface RtpReceiverOptions {
  readonly clockRate: number;
  /** How long a missing packet is waited for, ms. */
  readonly patienceMs: number;
  /** Payloads in order. */
  readonly onPayload: (payload: Buffer, timestamp: number, marker: boolean) => void;
  /** What comes next does not continue what came: packets are given up. */
  readonly onGap: () => void;
}

interface Held {
  readonly payload: Buffer;
  readonly timestamp: number;
  readonly marker: boolean;
}

interface Missing {
  readonly since: number;
  askedAt: number;
  asked: number;
}

/** One incoming RTP source: puts packets in order, knows what is missing, counts for reports. */
export class RtpReceiver {
  readonly ssrc: number;
  readonly #options: RtpReceiverOptions;
  readonly #held = new Map<number, Held>();
  readonly #missing = new Map<number, Missing>();
  #first = -1;
  #next = -1;
  #highest = -1;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #jitter = 0;
  #transit: number | undefined;
  #lastReport = { compact: 0, at: 0 };

  constructor(ssrc: number, options: RtpReceiverOptions) {
    this.ssrc = ssrc;
    this.#options = options;
  }

  /** Takes a packet (its payload is copied when it must wait). `now`: monotonic ms. */
  receive(
    sequence: number,
    timestamp: number,
    marker: boolean,
    payload: Buffer,
    now: number,
  ): void {
    if (this.#next < 0) {
      // One cycle up, so that what is late at the very beginning does not become negative.
      this.#first = this.#next = this.#highest = sequence + 0x10000;
    }
    const index = unwrap(sequence, this.#highest, 16);
    this.#received++;
    this.#measureJitter(timestamp, now);
    if (index < this.#next) return; // late or repeated
    if (index - this.#next > MAX_PENDING) {
      this.#restart(index);
    }
    for (let missed = this.#highest + 1; missed < index; missed++) {
      this.#missing.set(missed, { since: now, askedAt: -Infinity, asked: 0 });
    }
    this.#highest = Math.max(this.#highest, index);
    this.#missing.delete(index);
    if (index === this.#next) {
      this.#next++;
      this.#options.onPayload(payload, timestamp, marker);
      this.#drain();
    } else if (!this.#held.has(index)) {
      this.#held.set(index, { payload: Buffer.from(payload), timestamp, marker });
    }
  }

  /** Gives up what was waited for too long, and answers what to ask for now. */
  due(now: number): number[] {
    const { patienceMs } = this.#options;
    const wanted: number[] = [];
    let isGivenUp = false;
    for (const [index, missing] of this.#missing) {
      if (now - missing.since > patienceMs) {
        this.#missing.delete(index);
        isGivenUp ||= index >= this.#next;
      } else if (now - missing.askedAt >= NACK_MS && missing.asked < MAX_NACKS) {
        missing.askedAt = now;
        missing.asked++;
        wanted.push(index & 0xffff);
      }
    }
    if (isGivenUp) this.#skip();
    return wanted;
  }

  /** A sender report came: the next reception report refers to it. */
  onSenderReport(compact: number, now: number): void {
    this.#lastReport = { compact, at: now };
  }

  /** What is known of the source since the report before. */
  report(now: number): ReceptionReport {
    const expected = this.#next < 0 ? 0 : this.#highest - this.#first + 1;
    const expectedNow = expected - this.#expectedBefore;
    const receivedNow = this.#received - this.#receivedBefore;
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    const lost = Math.max(0, expectedNow - receivedNow);
    const { compact, at } = this.#lastReport;
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow > 0 ? lost / expectedNow : 0,
      packetsLost: expected - this.#received,
      highestSequence: this.#highest,
      jitter: this.#jitter,
      lastReport: compact,
      delaySinceLastReport: compact === 0 ? 0 : Math.round((now - at) * 65.536),
    };
  }

  #drain(): void {
    for (;;) {
      const held = this.#held.get(this.#next);
      if (held === undefined) return;
      this.#held.delete(this.#next);
      this.#next++;
      this.#options.onPayload(held.payload, held.timestamp, held.marker);
    }
  }

  /** Goes on with the first packet that is there, or behind all that is given up. */
  #skip(): void {
    const firstMissing = Math.min(Infinity, ...this.#missing.keys());
    const firstHeld = Math.min(Infinity, ...this.#held.keys());
    const next = Math.min(firstMissing, firstHeld, this.#highest + 1);
    if (next <= this.#next) return;
    this.#next = next;
    this.#options.onGap();
    this.#drain();
  }

  /** The source jumped: nothing that is held belongs to what comes. */
  #restart(index: number): void {
    this.#held.clear();
    this.#missing.clear();
    this.#next = index;
    this.#highest = index;
    this.#options.onGap();
  }

  /** Interarrival jitter (RFC 3550, 6.4.1 and A.8), in time stamp units. */
  #measureJitter(timestamp: number, now: number): void {
    const transit = (now * this.#options.clockRate) / 1000 - timestamp;
    if (this.#transit !== undefined) {
      const difference = Math.abs(transit - this.#transit);
      // A time stamp that wrapped, or a jump, is no jitter.
      if (difference < this.#options.clockRate) this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }
}
