import type { TransportFeedback } from '../../protocols/rtp/transport-feedback.ts';
import type { SentPackets } from './sent-packets.ts';

/** Where an estimate begins and how far it may go, bit/s. */
const START = 8_000_000;
const LOWEST = 100_000;
const HIGHEST = 100_000_000;
/** Queueing delay beyond the path's own that counts as a queue being filled, ms. */
const QUEUE_MS = 120;
/** Loss beyond this is congestion; below, it is taken for a bad radio link. */
const HEAVY_LOSS = 0.15;
/** Time over which what arrived is measured, ms. */
const WINDOW_MS = 1_000;
/** The path's own delay is the lowest of this time, ms. */
const BASE_MS = 30_000;
/** Share of a packet in the smoothed delay and jitter; rising jitter counts for more, as it shows. */
const SHARE = 0.02;
const RISING_SHARE = 0.04;
/** Share of a feedback in the smoothed round trip. */
const ROUND_TRIP_SHARE = 0.2;
/** A packet that is reported missing may have been overtaken; it counts as lost when one that was
 *  sent this much later arrived, ms. */
const OVERTAKEN_MS = 150;
/** Without a word of the receiver for this long, the link was away: what was lost meanwhile says
 *  nothing of what it carries, ms. */
const AWAY_MS = 500;
/** What was lost meanwhile is told within this, ms. */
const AFTERMATH_MS = 2 * OVERTAKEN_MS;
/** After a cut, time until the next one: the queue needs it to drain, ms. */
const HOLD_MS = 600;

/**
 * What a viewer's link carries, from what it says to have received: transport-wide feedback (when
 * each packet arrived) or the receiver's own estimate (REMB).
 *
 * The media's rate is given, so the estimate is only looked at from below: it is cut to what
 * arrived while a queue builds up or much is lost, and grows back slowly otherwise.
 */
export class BandwidthEstimator {
  readonly #clock: () => number;
  #estimate = START;
  #remb = Infinity;
  #base = Infinity;
  #baseAt = 0;
  #queueMs = 0;
  #usualDelay: number | undefined;
  #jitterMs = 0;
  #roundTripMs = 0;
  #lostAt = -Infinity;
  #heardAt: number;
  #backAt = -Infinity;
  #arrived: { readonly at: number; readonly bits: number }[] = [];
  #received = 0;
  #lost = 0;
  #windowAt = 0;
  #cutAt = -Infinity;
  #grewAt = 0;

  /** `clock`: monotonic ms. */
  constructor(clock: () => number) {
    this.#clock = clock;
    this.#grewAt = clock();
    this.#heardAt = this.#grewAt;
  }

  /** bit/s that the link is trusted with. */
  get estimate(): number {
    return Math.min(this.#estimate, this.#remb);
  }

  /** Smoothed time that packets wait in the network beyond its own delay, ms. */
  get queueMs(): number {
    return this.#queueMs;
  }

  /** How much packets' delays differ from the usual one, on average, ms. */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** From a packet's sending to the feedback about it, at best, smoothed, ms; 0 without feedback. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Time, ms, since the viewer last missed a packet. */
  get cleanForMs(): number {
    return this.#clock() - this.#lostAt;
  }

  onRemb(bitrate: number): void {
    this.#remb = Math.max(LOWEST, bitrate);
  }

  onFeedback(feedback: TransportFeedback, sent: SentPackets): void {
    const now = this.#clock();
    if (now - this.#heardAt > AWAY_MS) this.#backAt = now;
    this.#heardAt = now;
    let bits = 0;
    let newestSent = 0;
    feedback.arrivals.forEach((arrival, offset) => {
      const sequence = (feedback.baseSequence + offset) & 0xffff;
      const sentAt = sent.timeOf(sequence);
      if (sentAt < 0) return;
      if (arrival === undefined) {
        sent.missing(sequence);
        return;
      }
      // Receivers repeat what they said when an overtaken packet comes after all.
      if (!sent.arrived(sequence)) return;
      newestSent = Math.max(newestSent, sentAt);
      bits += sent.sizeOf(sequence) * 8;
      this.#onDelay(arrival - sentAt, now);
    });
    const { received, lost } = sent.tally(newestSent - OVERTAKEN_MS);
    if (now - this.#backAt > AFTERMATH_MS) {
      this.#received += received;
      this.#lost += lost;
    }
    if (lost > 0) this.#lostAt = now;
    if (newestSent > 0) {
      this.#roundTripMs += (now - newestSent - this.#roundTripMs) * ROUND_TRIP_SHARE;
    }
    this.#arrived.push({ at: now, bits });
    while (this.#arrived.length > 0 && this.#arrived[0]!.at < now - WINDOW_MS)
      this.#arrived.shift();
    this.#judge(now);
  }

  /** One packet's way, ms, by two clocks whose offset nobody knows: only differences mean anything. */
  #onDelay(delay: number, now: number): void {
    if (delay < this.#base || now - this.#baseAt > BASE_MS) {
      this.#base = delay;
      this.#baseAt = now;
    }
    this.#queueMs += (delay - this.#base - this.#queueMs) * 0.05;
    this.#usualDelay ??= delay;
    this.#usualDelay += (delay - this.#usualDelay) * SHARE;
    const more = Math.abs(delay - this.#usualDelay) - this.#jitterMs;
    this.#jitterMs += more * (more > 0 ? RISING_SHARE : SHARE);
  }

  #judge(now: number): void {
    let lossShare = 0;
    if (now - this.#windowAt >= WINDOW_MS) {
      const total = this.#received + this.#lost;
      lossShare = total < 20 ? 0 : this.#lost / total;
      this.#received = 0;
      this.#lost = 0;
      this.#windowAt = now;
    }
    const congested = this.#queueMs > QUEUE_MS || lossShare > HEAVY_LOSS;
    if (congested && now - this.#cutAt > HOLD_MS) {
      const arrived = this.#arrivedRate(now);
      this.#estimate = Math.max(LOWEST, Math.min(this.#estimate, arrived * 0.85));
      this.#cutAt = now;
    } else if (!congested && now - this.#cutAt > HOLD_MS) {
      // 10 % a second.
      this.#estimate = Math.min(HIGHEST, this.#estimate * 1.1 ** ((now - this.#grewAt) / 1000));
    }
    this.#grewAt = now;
  }

  #arrivedRate(now: number): number {
    const first = this.#arrived[0]?.at ?? now;
    const bits = this.#arrived.reduce((sum, one) => sum + one.bits, 0);
    return (bits * 1000) / Math.max(200, now - first);
  }
}
