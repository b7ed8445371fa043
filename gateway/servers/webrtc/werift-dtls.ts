import type { DtlsServer } from 'werift';
import { DtlsClient } from 'werift';
import { srtpProfiles, type SrtpProfile } from '../../protocols/srtp/keys.ts';
import type { DtlsIdentity } from './dtls-identity.ts';

/** Beyond every flight of a handshake. */
const LAST_FLIGHT = 100;

/**
 * What werift's two sides of a handshake take alike, over datagrams instead of a socket of its own.
 *
 * @param profiles offered or accepted, the preferred one first
 * @param send is given each datagram
 */
export const dtlsOptions = (
  identity: DtlsIdentity,
  profiles: readonly SrtpProfile[],
  send: (datagram: Buffer) => void,
): ConstructorParameters<typeof DtlsClient>[0] => ({
  cert: identity.certificatePem,
  key: identity.keyPem,
  signatureHash: identity.signatureHash,
  transport: {
    type: 'udp',
    address: { address: '', port: 0, family: 'IPv4' },
    closed: false,
    onData: () => {},
    send: async (datagram: Buffer) => send(datagram),
    close: async () => {},
  },
  srtpProfiles: profiles.map((name) => srtpProfiles[name].id as 1 | 7),
  extendedMasterSecret: true,
});

/** Gives a side what came for it. Throws on malformed records. */
export const receiveDtls = (side: DtlsClient | DtlsServer, datagram: Buffer): void =>
  // The copy: werift keeps parts of the handshake.
  side.transport.socket.onData(Buffer.from(datagram), ['', 0]);

/** Ends the repetitions of a side's last flight, which go on for half a minute otherwise. */
export const endFlights = ({ dtls }: DtlsClient | DtlsServer): void => {
  dtls.flight = LAST_FLIGHT;
};

/** The client's side: it rehearses handshakes with ours, and stands for a browser in tests. */
export const createDtlsClient = (...options: Parameters<typeof dtlsOptions>): DtlsClient =>
  new DtlsClient(dtlsOptions(...options));
