import type { TransportAddress } from '../../gateway/protocols/stun/address.ts';

/** The two bytes before a datagram of this size over TCP (RFC 4571). */
export const frameHeader = (length: number): Buffer => Buffer.from([length >> 8, length & 0xff]);

/** The value of XOR-MAPPED-ADDRESS at `at` of a message; undefined when it is malformed. */
export const readXorAddress = (
  message: Buffer,
  at: number,
  length: number,
): TransportAddress | undefined => {
  const family = message[at + 1];
  const port = message.readUInt16BE(at + 2) ^ message.readUInt16BE(4);
  const byte = (index: number): number => message[at + 4 + index]! ^ message[4 + index]!;
  if (family === 1 && length === 8) return { address: [0, 1, 2, 3].map(byte).join('.'), port };
  if (family !== 2 || length !== 20) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((byte(index * 2) << 8) | byte(index * 2 + 1)).toString(16),
  );
  return { address: groups.join(':'), port };
};
