import { DtlsClient } from 'werift';
import type { DtlsIdentity } from './dtls-endpoint.ts';
import { createDtlsIdentity, DtlsEndpoint } from './dtls-endpoint.ts';

/** The rehearsal is given up after this long, ms: it only saves time later. */
const PATIENCE_MS = 5_000;

/**
 * Does a handshake with itself, in memory. The first one of a process costs a quarter of a second
 * (tables of elliptic curves, code that was never run); no viewer should wait for it.
 */
export const rehearseHandshake = (identity: DtlsIdentity): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => done(), PATIENCE_MS);
    const done = (): void => {
      clearTimeout(timer);
      endpoint.close();
      resolve();
    };
    const endpoint: DtlsEndpoint = new DtlsEndpoint(
      identity,
      [identity.fingerprint],
      (datagram) => {
        const copy = Buffer.from(datagram);
        setImmediate(() => client.transport.socket.onData(copy, ['', 0]));
      },
      { onKeys: () => done(), onClosed: () => done(), onFailed: () => done() },
    );
    const client = new DtlsClient({
      cert: identity.certificatePem,
      key: identity.keyPem,
      signatureHash: identity.signatureHash,
      transport: {
        type: 'udp',
        address: { address: '', port: 0, family: 'IPv4' },
        closed: false,
        onData: () => {},
        send: async (datagram: Buffer) => {
          const copy = Buffer.from(datagram);
          setImmediate(() => endpoint.receive(copy));
        },
        close: async () => {},
      },
      srtpProfiles: [7],
      extendedMasterSecret: true,
    });
    client.connect().catch(() => done());
  });

let prepared: Promise<DtlsIdentity> | undefined;

/** The process's certificate, with a first handshake done already. */
export const preparedIdentity = (): Promise<DtlsIdentity> =>
  (prepared ??= createDtlsIdentity().then(async (identity) => {
    await rehearseHandshake(identity);
    return identity;
  }));
