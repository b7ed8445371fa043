import { DtlsEndpoint } from './dtls-endpoint.ts';
import { createDtlsIdentity, type DtlsIdentity } from './dtls-identity.ts';
import { createDtlsClient, receiveDtls } from './werift-dtls.ts';

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
      (datagram) => setImmediate(() => receiveDtls(client, datagram)),
      { onKeys: () => done(), onClosed: () => done(), onFailed: () => done() },
    );
    const client = createDtlsClient(identity, ['AEAD_AES_128_GCM'], (datagram) =>
      setImmediate(() => endpoint.receive(datagram)),
    );
    client.connect().catch(() => done());
  });

/** A server's certificate, with a first handshake done already. */
export const preparedIdentity = async (): Promise<DtlsIdentity> => {
  const identity = await createDtlsIdentity();
  await rehearseHandshake(identity);
  return identity;
};
