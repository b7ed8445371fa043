import type { DtlsServer } from 'werift';
import { RTCDtlsTransport } from 'werift';
import type { Fingerprint } from '../../protocols/sdp/offer.ts';

/** A certificate for DTLS with its key; a server's is made once and shared by all its peers. */
export interface DtlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly signatureHash: NonNullable<ConstructorParameters<typeof DtlsServer>[0]['signatureHash']>;
  readonly fingerprint: Fingerprint;
}

/** Makes a self-signed certificate (P-256), as WebRTC uses them. */
export const createDtlsIdentity = async (): Promise<DtlsIdentity> => {
  const certificate = await RTCDtlsTransport.SetupCertificate();
  const [fingerprint] = certificate.getFingerprints();
  return {
    certificatePem: certificate.certPem,
    keyPem: certificate.privateKey,
    signatureHash: certificate.signatureHash,
    fingerprint: { algorithm: 'sha-256', value: fingerprint!.value.toUpperCase() },
  };
};
