/** What the gateway says of itself to its pages. */
import type { GatewayAddresses } from './watch-links.ts';

/**
 * - `demo`: `/control/demo` starts and stops the demo channel;
 * - `library`: the sample programme, and files, are served.
 */
export type Feature = 'demo' | 'library';

export interface GatewayFacts {
  readonly addresses: GatewayAddresses;
  readonly features: ReadonlySet<Feature>;
}

/** Asks the gateway; when it does not answer, the usual port and nothing besides is assumed. */
export async function gatewayFacts(): Promise<GatewayFacts> {
  const { hostname: host, origin } = location;
  let rtmpPort = 1935;
  const features = new Set<Feature>();
  try {
    const response = await fetch('/player/assets/addresses.json', { cache: 'no-store' });
    const said: unknown = await response.json();
    if (typeof said === 'object' && said !== null) {
      if ('rtmpPort' in said) rtmpPort = Number(said.rtmpPort) || rtmpPort;
      const named: unknown[] =
        'features' in said && Array.isArray(said.features) ? said.features : [];
      for (const feature of ['demo', 'library'] as const) {
        if (named.includes(feature)) features.add(feature);
      }
    }
  } catch {
    // Then it is as said above.
  }
  return { addresses: { host, origin, rtmpPort }, features };
}
