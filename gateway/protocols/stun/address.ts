/**
 * Transport addresses and XOR-MAPPED-ADDRESS (RFC 8489, 14.2).
 *
 *     0                   1                   2                   3
 *    |0 0 0 0 0 0 0 0|    Family     |         X-Port                |
 *    |                X-Address (32 or 128 bits)                     |
 */

/** An address as sockets name it. IPv4-mapped IPv6 addresses are taken as IPv4. */
export interface TransportAddress {
  readonly address: string;
  readonly port: number;
}

const MAPPED_PREFIX = '::ffff:';

/** `::ffff:192.0.2.1` as `192.0.2.1`; everything else as it is. */
export const unmapped = (address: string): string =>
  address.startsWith(MAPPED_PREFIX) && address.includes('.')
    ? address.slice(MAPPED_PREFIX.length)
    : address;

const ipv4Bytes = (address: string): number[] => address.split('.').map(Number);

const ipv6Bytes = (address: string): number[] => {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => {
          if (group.includes('.')) return ipv4Bytes(group);
          const value = parseInt(group, 16);
          return [value >> 8, value & 0xff];
        });
  const first = groups(head);
  if (tail === undefined) return first;
  const last = groups(tail);
  const gap = Math.max(0, 16 - first.length - last.length);
  return [...first, ...new Array<number>(gap).fill(0), ...last];
};

/**
 * The network that an address belongs to one client of: an IPv4 address itself, the first 64 bits of an
 * IPv6 address, as every household has that many to choose from.
 */
export const clientNetwork = (address: string): string => {
  const text = unmapped(address);
  return text.includes(':') ? Buffer.from(ipv6Bytes(text)).toString('hex', 0, 8) : text;
};

/** Bytes that the attribute's value takes: 8 for IPv4, 20 for IPv6. */
export const xorAddressLength = (address: TransportAddress): 8 | 20 =>
  unmapped(address.address).includes(':') ? 20 : 8;

/**
 * Writes the attribute's value at `at` of a STUN message whose header is written already: the
 * address is XORed with the magic cookie and, for IPv6, the transaction ID that follow byte 4.
 */
export const writeXorAddress = (message: Buffer, at: number, address: TransportAddress): void => {
  const text = unmapped(address.address);
  const isIpv6 = text.includes(':');
  const bytes = isIpv6 ? ipv6Bytes(text) : ipv4Bytes(text);
  message[at] = 0;
  message[at + 1] = isIpv6 ? 2 : 1;
  message.writeUInt16BE(address.port ^ message.readUInt16BE(4), at + 2);
  for (const [index, byte] of bytes.entries()) {
    message[at + 4 + index] = byte ^ message[4 + index]!;
  }
};
