import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { KnownAddress } from './local-candidates.ts';
import { interfaceAddresses } from './local-candidates.ts';

/** Networks that no client outside can reach (RFC 1918, 6598, 4193, loopback). */
const PRIVATE =
  /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[789]\d|1[01]\d|12[0-7])\.|::1$|f[cd])/i;

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

/**
 * Looks at the candidates as a client would have to, and answers sentences about those that nobody
 * could reach. `onArrival` registers a listener for stray datagrams on the media port.
 */
export const testCandidates = async (
  addresses: readonly KnownAddress[],
  port: number,
  onArrival: (listener: () => void) => () => void,
): Promise<string[]> => {
  const own = new Set(interfaceAddresses());
  const findings: string[] = [];
  for (const { address, source } of addresses) {
    if (!own.has(address)) continue; // Behind NAT: only a client outside can tell.
    if (!(await probe(address, port, onArrival))) {
      findings.push(
        source === 'configured'
          ? `webrtc_public_ip names ${address}, but UDP port ${port} does not answer there.`
          : `UDP port ${port} does not answer at this machine's own address ${address}.`,
      );
    }
  }
  if (addresses.length === 0) findings.push('There is no address that a client could reach.');
  else if (addresses.every(({ address }) => PRIVATE.test(address))) {
    findings.push(
      'All WebRTC addresses are private: clients outside this network need webrtc_public_ip.',
    );
  }
  return findings;
};
