import type { Fingerprint } from '../../protocols/sdp/offer.ts';
import { preparedIdentity } from './dtls-warm-up.ts';
import { Peer, type PeerEvents, type PeerOptions } from './peer.ts';

/** Makes the peers of a process, which share a certificate. */
export interface PeerMaker {
  /** Of the certificate: what answers name. */
  readonly fingerprint: Fingerprint;
  create(options: Omit<PeerOptions, 'identity'>, events: PeerEvents): Peer;
}

/** The certificate is made and a handshake rehearsed once; later calls share them. */
export const preparePeers = async (): Promise<PeerMaker> => {
  const identity = await preparedIdentity();
  return {
    fingerprint: identity.fingerprint,
    create: (options, events) => new Peer({ ...options, identity }, events),
  };
};
