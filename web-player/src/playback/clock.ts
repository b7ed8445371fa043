/**
 * The offset between this computer's clock and the gateway's, found as NTP does (RFC 5905,
 * section 8): of the last few exchanges, the one with the shortest round trip is right to within
 * half of that round trip.
 */
export class GatewayClock {
  #exchanges: { roundTrip: number; offset: number }[] = [];

  /**
   * Adds one exchange: sent and answer received by this clock, answered by the gateway's, all in
   * milliseconds since 1970.
   */
  add(sent: number, answered: number, received: number): void {
    const roundTrip = Math.max(0, received - sent);
    this.#exchanges.push({ roundTrip, offset: answered - (sent + received) / 2 });
    if (this.#exchanges.length > 8) this.#exchanges.shift();
  }

  /** Milliseconds to add to this clock to have the gateway's; `undefined` before the first exchange. */
  get offset(): number | undefined {
    return this.#best?.offset;
  }

  /** Largest possible error of `offset`, in milliseconds. */
  get uncertainty(): number | undefined {
    const best = this.#best;
    return best && best.roundTrip / 2;
  }

  get #best(): { roundTrip: number; offset: number } | undefined {
    return this.#exchanges.reduce<{ roundTrip: number; offset: number } | undefined>(
      (best, one) => (best === undefined || one.roundTrip < best.roundTrip ? one : best),
      undefined,
    );
  }
}
