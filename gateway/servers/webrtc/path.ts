import type { TransportAddress } from '../../protocols/stun/address.ts';

/** A way to a peer: our UDP port and its address, or a TCP connection. */
export interface Path {
  readonly protocol: 'udp' | 'tcp';
  readonly remote: TransportAddress;
  /** Sends one datagram. The memory may be used again as soon as this returns. */
  send(datagram: Buffer): void;
  /** A peer has proved to be there: the way may be made a better one. */
  settle?(): void;
  /** Nobody uses it any more. */
  close?(): void;
}

/** Who takes what comes in on the media port. */
export interface DatagramHandler {
  /** `datagram` is valid during the call only. */
  onDatagram(datagram: Buffer, path: Path): void;
}
