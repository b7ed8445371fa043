import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import type { LocalCandidate } from '../../protocols/sdp/candidate.ts';

/** An address that the answer names, and what is known of it. */
export interface KnownAddress {
  readonly address: string;
  /** `configured` in `webrtc_public_ip` (or what its name resolved to), or one of an `interface`. */
  readonly source: 'configured' | 'interface';
}

const isLinkLocal = (address: string): boolean =>
  address.startsWith('169.254.') || /^fe[89ab]/i.test(address);

/** The addresses of the machine's interfaces, loopback last: it serves tests and local players. */
export const interfaceAddresses = (): string[] => {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const usable = all.filter(({ address }) => !isLinkLocal(address));
  const rank = (entry: (typeof usable)[number]): number =>
    (entry.internal ? 2 : 0) + (entry.family === 'IPv6' ? 1 : 0);
  return usable.sort((a, b) => rank(a) - rank(b)).map(({ address }) => address);
};

/**
 * The addresses for answers: those configured, host names resolved, else those of the interfaces
 * (or the one that the port is bound to). `onUnresolved` is told of names that do not resolve.
 */
export const knownAddresses = async (
  configured: readonly string[],
  bound: string,
  onUnresolved: (name: string) => void,
): Promise<KnownAddress[]> => {
  const isWildcard = bound === '' || bound === '0.0.0.0' || bound === '::';
  if (configured.length === 0) {
    const addresses = isWildcard ? interfaceAddresses() : [bound];
    return addresses.map((address) => ({ address, source: 'interface' }));
  }
  const resolved = await Promise.all(
    configured.map(async (name): Promise<KnownAddress[]> => {
      if (isIP(name) !== 0) return [{ address: name, source: 'configured' }];
      try {
        const found = await lookup(name, { all: true });
        return found.map(({ address }) => ({ address, source: 'configured' }));
      } catch {
        onUnresolved(name);
        return [];
      }
    }),
  );
  const listed = resolved.flat();
  // Players on this machine, and behind the same NAT, reach it by its own addresses.
  const own = isWildcard ? interfaceAddresses() : [bound];
  const others = own.filter((address) => !listed.some((one) => one.address === address));
  return [...listed, ...others.map((address): KnownAddress => ({ address, source: 'interface' }))];
};

/** Candidates for the answer: all over UDP, then all over TCP. */
export const candidatesOf = (
  addresses: readonly KnownAddress[],
  port: number,
  has: { readonly tcp: boolean; readonly ipv6: boolean },
): LocalCandidate[] => {
  const usable = addresses.filter(({ address }) => has.ipv6 || !address.includes(':'));
  const over = (transport: 'udp' | 'tcp'): LocalCandidate[] =>
    usable.map(({ address }) => ({ transport, address, port }));
  return [...over('udp'), ...(has.tcp ? over('tcp') : [])];
};
