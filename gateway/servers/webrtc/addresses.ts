import type { LocalCandidate } from '../../protocols/sdp/candidate.ts';
import type { KnownAddress } from './local-candidates.ts';
import { candidatesOf, knownAddresses } from './local-candidates.ts';
import type { MediaPort } from './media-port.ts';
import type { Finding } from './self-test.ts';
import { testCandidates } from './self-test.ts';

/** Configured host names are looked up again after this time, ms. */
const FRESH_MS = 60_000;

export interface AddressesOptions {
  readonly port: MediaPort;
  /** `webrtc_public_ip`, asked at each look-up. */
  readonly configured: () => readonly string[];
  readonly clock: () => number;
  readonly warn: (message: string) => void;
}

/** Where clients reach the media port: looked up once a minute at most, as names may move. */
export class Addresses {
  readonly #options: AddressesOptions;
  #host = '';
  #known: { readonly at: number; readonly found: Promise<KnownAddress[]> } | undefined;

  constructor(options: AddressesOptions) {
    this.#options = options;
  }

  /** The port is bound to `host` now; '' is all addresses. */
  bound(host: string): void {
    this.#host = host;
    this.#known = undefined;
  }

  /** What an answer names. */
  async candidates(): Promise<LocalCandidate[]> {
    const known = await this.#find();
    const { port, hasTcp, hasIpv6 } = this.#options.port;
    return candidatesOf(known, port, { tcp: hasTcp, ipv6: hasIpv6 });
  }

  /** Which of them nobody could reach. */
  async test(): Promise<Finding[]> {
    const { port } = this.#options;
    return testCandidates(await this.#find(), port.port, (listener) => port.onStray(listener));
  }

  #find(): Promise<KnownAddress[]> {
    const { clock, configured, warn } = this.#options;
    const now = clock();
    if (this.#known === undefined || now - this.#known.at > FRESH_MS) {
      const found = knownAddresses(configured(), this.#host, (name) =>
        warn(`webrtc_public_ip: the name ${name} does not resolve`),
      );
      this.#known = { at: now, found };
    }
    return this.#known.found;
  }
}
