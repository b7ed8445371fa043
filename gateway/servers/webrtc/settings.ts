/** What of the configuration WebRTC lives by; read at each use, so that `reload` applies. */
export interface WebRtcSettings {
  /** Addresses or host names that clients reach the server at; empty: those of its interfaces. */
  readonly publicAddresses: readonly string[];
  /** Streams whose B-frames may be removed at a time. */
  readonly maxTranscodes: number;
  /** Time that a WHEP request waits for a publisher, ms; 0 answers 404 at once. */
  readonly waitMs: number;
  /** Silence after which a publisher is ended, ms. */
  readonly publishTimeoutMs: number;
}
