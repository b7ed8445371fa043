/** Under which ports the gateway can be reached, as it says itself. */
import type { GatewayAddresses } from './watch-links.ts';

export async function gatewayAddresses(): Promise<GatewayAddresses> {
  const { hostname: host, origin } = location;
  let rtmpPort = 1935;
  try {
    const response = await fetch('/player/assets/addresses.json', { cache: 'no-store' });
    const said: unknown = await response.json();
    if (typeof said === 'object' && said !== null && 'rtmpPort' in said) {
      rtmpPort = Number(said.rtmpPort) || rtmpPort;
    }
  } catch {
    // The usual port, then.
  }
  return { host, origin, rtmpPort };
}
