/** Makes transports; each is loaded when it is first used. */
import type { LiveAddresses } from '../playback/source.ts';
import type { Transport, TransportName } from './transport.ts';
import type { TransportSetup } from './transport-setup.ts';

export async function makeTransport(
  name: TransportName,
  addresses: LiveAddresses,
  setup: TransportSetup,
): Promise<Transport> {
  switch (name) {
    case 'webrtc': {
      const { WhepTransport } = await import('./whep-transport.ts');
      return new WhepTransport(addresses.whep, setup);
    }
    case 'webcodecs': {
      const { WebCodecsTransport } = await import('./webcodecs-transport.ts');
      return new WebCodecsTransport(addresses.webSocketFlv, setup);
    }
    case 'mse':
    case 'http-flv': {
      const { MseTransport } = await import('./mse-transport.ts');
      const url = name === 'mse' ? addresses.webSocketFlv : addresses.httpFlv;
      return new MseTransport(name, url, setup);
    }
    case 'hls': {
      const { HlsTransport } = await import('./hls-transport.ts');
      return new HlsTransport(addresses.hls, setup);
    }
  }
}
