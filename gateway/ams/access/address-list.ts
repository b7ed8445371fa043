import ipaddr from 'ipaddr.js';

/** A set of IP addresses and ranges. */
export interface AddressList {
  /** Whether it contains this address; no, when that is none. */
  has(address: string): boolean;
}

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/**
 * Reads a configuration list: addresses, CIDR ranges, and `all`. IPv4-mapped IPv6 addresses
 * (RFC 4291, 2.5.5.2) count as the IPv4 addresses that they are, in the list and when asked.
 */
export function addressList(entries: readonly string[]): AddressList {
  if (entries.includes('all')) return { has: () => true };
  const ranges = entries.map(parseRange);
  return {
    has(text) {
      const address = parseAddress(text);
      if (address === undefined) return false;
      return ranges.some(
        ([range, bits]) => range.kind() === address.kind() && address.match(range, bits),
      );
    },
  };
}

/** Whether an address is this machine's own. */
export function isLoopback(text: string): boolean {
  return parseAddress(text)?.range() === 'loopback';
}

/** An address in its plain form, or undefined when it is none: `::ffff:10.0.0.1` is `10.0.0.1`. */
export function plainAddress(text: string): string | undefined {
  return parseAddress(text)?.toString();
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  // `isValidFourPartDecimal`: `10.1` and `0x7f000001` are addresses to some, and tricks to us.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) ? ipaddr.process(text) : undefined;
}

function parseRange(text: string): Range {
  if (!text.includes('/')) {
    const address = ipaddr.process(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  }
  const [address, bits] = ipaddr.parseCIDR(text);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96) {
    return [address.toIPv4Address(), bits - 96];
  }
  return [address, bits];
}
