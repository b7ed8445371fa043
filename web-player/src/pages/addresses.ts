/** What the gateway says of itself to its pages. */
import type { GatewayAddresses } from './watch-links.ts';

export interface GatewayFacts {
  readonly addresses: GatewayAddresses;
  /** Port of HTTPS; 0 where the gateway does not serve it. */
  readonly httpsPort: number;
  /** This visitor may use `/control/…`: the demo channel, the list of files. */
  readonly api: boolean;
  /** There are pictures of live streams. */
  readonly pictures: boolean;
}

/** What is assumed until the gateway has answered, or when it does not. */
export const assumedFacts: GatewayFacts = {
  addresses: { host: location.hostname, origin: location.origin, rtmpPort: 1935 },
  httpsPort: 0,
  api: false,
  pictures: false,
};

/** Asks the gateway. */
export async function gatewayFacts(): Promise<GatewayFacts> {
  try {
    const response = await fetch('/player/assets/addresses.json', { cache: 'no-store' });
    const { rtmpPort, httpsPort, features } = (await response.json()) as {
      rtmpPort: number;
      httpsPort: number;
      features: { api: boolean; pictures: boolean };
    };
    return { addresses: { ...assumedFacts.addresses, rtmpPort }, httpsPort, ...features };
  } catch {
    return assumedFacts;
  }
}
