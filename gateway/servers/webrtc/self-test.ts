import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { KnownAddress } from './local-candidates.ts';
import { interfaceAddresses } from './local-candidates.ts';

const LOOPBACK = /^(127\.|::1$)/;
/** Networks that no client outside can reach (RFC 1918, 6598, 4193). */
const PRIVATE =
  /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\.|f[cd])/i;

/** Longest wait for our own packet, ms. */
const PROBE_MS = 500;

/** Sends a datagram to one of our own addresses; true when the media port saw it. */
const probe = async (
  address: string,
  port: number,
  onArrival: (listener: () => void) => () => void,
): Promise<boolean> => {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    return await new Promise<boolean>((resolve) => {
      const forget = onArrival(() => done(true));
      const timer = setTimeout(() => done(false), PROBE_MS);
      const done = (arrived: boolean): void => {
        clearTimeout(timer);
        forget();
        resolve(arrived);
      };
      socket.on('error', () => done(false));
      socket.send(Buffer.from([0]), port, address, (error) => {
        if (error) done(false);
      });
    });
  } finally {
    socket.close();
  }
};

/** What a look at the addresses told: a fault, or only what may be worth knowing. */
export interface Finding {
  readonly isFault: boolean;
  readonly message: string;
}

/** A hint for servers behind NAT; a machine on which nothing but loopback is served needs none. */
const hintOfPrivate = (addresses: readonly KnownAddress[], port: number): Finding[] => {
  const others = addresses.filter(({ address }) => !LOOPBACK.test(address));
  const isPrivate = others.every(
    ({ address, source }) => source === 'interface' && PRIVATE.test(address),
  );
  if (others.length === 0 || !isPrivate) return [];
  const list = others.map(({ address }) => address).join(', ');
  const message =
    `WebRTC answers name the private addresses ${list}. For viewers outside this network set ` +
    `webrtc_public_ip to the address they know this server by, and let port ${port} (UDP and TCP) through.`;
  return [{ isFault: false, message }];
};

/**
 * Looks at the candidates as a client would have to, and answers sentences about those that nobody
 * could reach. `onArrival` registers a listener for stray datagrams on the media port.
 */
export const testCandidates = async (
  addresses: readonly KnownAddress[],
  port: number,
  onArrival: (listener: () => void) => () => void,
): Promise<Finding[]> => {
  if (addresses.length === 0) {
    return [{ isFault: true, message: 'There is no address that a WebRTC client could reach.' }];
  }
  const own = new Set(interfaceAddresses());
  const findings: Finding[] = [];
  for (const { address, source } of addresses) {
    if (!own.has(address)) continue; // Behind NAT: only a client outside can tell.
    if (await probe(address, port, onArrival)) continue;
    const message =
      source === 'configured'
        ? `webrtc_public_ip names ${address}, but UDP port ${port} does not answer there.`
        : `UDP port ${port} does not answer at this machine's own address ${address}.`;
    findings.push({ isFault: true, message });
  }
  return [...findings, ...hintOfPrivate(addresses, port)];
};
