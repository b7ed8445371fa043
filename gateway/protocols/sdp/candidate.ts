/**
 * Our ICE candidates in an answer (RFC 8839, 5.1; RFC 6544, 4.5 for TCP). A lite agent has host
 * candidates only (RFC 8445, 5.2).
 */
export interface LocalCandidate {
  readonly transport: 'udp' | 'tcp';
  /** An IP address (or, for a public name, a host name that the peer resolves). */
  readonly address: string;
  readonly port: number;
}

/** Type preference of a host candidate; TCP is taken only when UDP does not work. */
const typePreference = { udp: 126, tcp: 90 } as const;
/** RFC 6544, 4.2: direction preference of passive candidates among TCP ones. */
const TCP_PASSIVE = 4;

const priorityOf = (candidate: LocalCandidate, index: number): number => {
  const rank = Math.max(0, 255 - index);
  const local = candidate.transport === 'udp' ? 0xff00 | rank : (TCP_PASSIVE << 13) | rank;
  return typePreference[candidate.transport] * 2 ** 24 + local * 2 ** 8 + 255;
};

/** The value of `a=candidate:`, priorities falling with the place in the list. */
export const candidateValue = (candidate: LocalCandidate, index: number): string => {
  const { transport, address, port } = candidate;
  const base = `${index + 1} 1 ${transport} ${priorityOf(candidate, index)} ${address} ${port} typ host`;
  return transport === 'udp' ? base : `${base} tcptype passive`;
};
