import type { Fingerprint } from '../../protocols/sdp/offer.ts';
import { preparedIdentity } from './dtls-warm-up.ts';
import { Peer, type PeerEvents, type PeerOptions } from './peer.ts';

/** Makes the peers of a server, which share a certificate. */
export interface PeerMaker {
  /** Of the certificate: what answers name. */
  readonly fingerprint: Fingerprint;
  create(options: Omit<PeerOptions, 'identity'>, events: PeerEvents): Peer;
}

/** Makes a certificate, and rehearses a handshake with it. */
export const preparePeers = async (): Promise<PeerMaker> => {
  const identity = await preparedIdentity();
  return {
    fingerprint: identity.fingerprint,
    create: (options, events) => new Peer({ ...options, identity }, events),
  };
};
