import { DtlsServer } from 'werift';
import { HandshakeAssembler } from '../../protocols/dtls/handshake-assembler.ts';
import type { HandshakeMessage } from '../../protocols/dtls/peer-proof.ts';
import { refusePeer } from '../../protocols/dtls/peer-proof.ts';
import type { RecordKeys } from '../../protocols/dtls/record.ts';
import {
  contentTypes,
  deriveRecordKeys,
  openRecord,
  sealRecord,
  splitRecords,
} from '../../protocols/dtls/record.ts';
import type { Fingerprint } from '../../protocols/sdp/offer.ts';
import type { MasterKey, SrtpProfile } from '../../protocols/srtp/keys.ts';
import { srtpProfiles } from '../../protocols/srtp/keys.ts';
import type { DtlsIdentity } from './dtls-identity.ts';
import { dtlsOptions, endFlights, receiveDtls } from './werift-dtls.ts';

export interface DtlsEvents {
  /** The handshake is done and the peer is who it said: keys of what we send and receive. */
  readonly onKeys: (profile: SrtpProfile, local: MasterKey, remote: MasterKey) => void;
  /** The peer said goodbye. */
  readonly onClosed: () => void;
  /** The handshake cannot succeed; a sentence says why. */
  readonly onFailed: (message: string) => void;
}

/** Bytes that a handshake, and what of it is repeated after its end, may bring: a client's flights
 *  have about 2 kB, repeated a few times. */
const MAX_HANDSHAKE_BYTES = 64 * 1024;

/**
 * - `handshaking`: werift answers the client's flights;
 * - `open`: keys are exported; alerts are read here, authenticated;
 * - `closed`: nothing is read or sent any more.
 */
type DtlsState = 'handshaking' | 'open' | 'closed';

/**
 * The DTLS 1.2 server side of one peer (RFC 5764). The handshake is werift's; what it leaves out is
 * done here: proof that the client holds its certificate's key, the check of its Finished message,
 * alerts that must be authentic before they end anything, and an alert of our own at the end.
 */
export class DtlsEndpoint {
  readonly #server: DtlsServer;
  readonly #send: (datagram: Buffer) => void;
  readonly #fingerprints: readonly Fingerprint[];
  readonly #events: DtlsEvents;
  #state: DtlsState = 'handshaking';
  /** werift wants fragments in order and once; networks do not oblige. */
  readonly #assembler = new HandshakeAssembler();
  #handshakeBytes = 0;
  #keys: { readonly client: RecordKeys; readonly server: RecordKeys } | undefined;

  constructor(
    identity: DtlsIdentity,
    fingerprints: readonly Fingerprint[],
    send: (datagram: Buffer) => void,
    events: DtlsEvents,
  ) {
    this.#send = send;
    this.#fingerprints = fingerprints;
    this.#events = events;
    this.#server = new DtlsServer({
      ...dtlsOptions(identity, ['AES128_CM_SHA1_80', 'AEAD_AES_128_GCM'], (datagram) => {
        if (this.#state !== 'closed') this.#send(datagram);
      }),
      certificateRequest: true,
    });
    this.#server.onConnect.once(() => this.#onHandshakeDone());
    this.#server.onError.subscribe((error: Error) => this.#fail(`DTLS failed: ${error.message}`));
  }

  /** Takes a datagram that looks like DTLS. */
  receive(datagram: Buffer): void {
    if (this.#state === 'closed') return;
    const records = splitRecords(datagram);
    if (records === undefined) return;
    if (this.#state === 'handshaking') {
      this.#handshakeBytes += datagram.length;
      if (this.#handshakeBytes > MAX_HANDSHAKE_BYTES) {
        this.#fail(`The DTLS handshake brought more than ${MAX_HANDSHAKE_BYTES} bytes.`);
        return;
      }
      for (const { type, epoch, bytes } of records) {
        // Alerts of epoch 0 are not authenticated: anybody could end the handshake with one.
        if (type === contentTypes.alert && epoch === 0) continue;
        if (type !== contentTypes.handshake || epoch > 0) this.#feed(bytes);
        else for (const whole of this.#assembler.push(bytes)) this.#feed(whole);
      }
      return;
    }
    for (const record of records) {
      // What is not encrypted was forged or comes too late.
      if (record.epoch === 0) continue;
      if (record.type === contentTypes.alert) this.#onAlert(record.bytes);
      // The client did not hear our last flight and repeats its own.
      else if (record.type === contentTypes.handshake) this.#feedRepeated(record.bytes);
    }
  }

  /** Says goodbye and stops. */
  close(): void {
    if (this.#state === 'closed') return;
    if (this.#keys !== undefined) {
      // A number far above werift's, so that no nonce repeats.
      const closeNotify = Buffer.from([1, 0]);
      this.#send(sealRecord(contentTypes.alert, 0x10000, closeNotify, this.#keys.server));
    }
    this.#stop();
  }

  #stop(): void {
    this.#state = 'closed';
    endFlights(this.#server);
  }

  /** werift keeps what it takes for fragments: a client's repetitions end somewhere. */
  #feedRepeated(record: Buffer): void {
    this.#handshakeBytes += record.length;
    if (this.#handshakeBytes <= MAX_HANDSHAKE_BYTES) this.#feed(record);
  }

  /** werift may throw on malformed records; they are dropped like lost ones. */
  #feed(datagram: Buffer): void {
    try {
      receiveDtls(this.#server, datagram);
    } catch {
      // Garbage under a known address: as good as lost.
    }
  }

  #fail(message: string): void {
    if (this.#state !== 'handshaking') return;
    this.#stop();
    this.#events.onFailed(message);
  }

  #onAlert(record: Buffer): void {
    const alert = this.#keys && openRecord(record, this.#keys.client);
    if (alert === undefined || alert.length < 2) return;
    // Whatever it says (close_notify or fatal), the peer is done.
    this.#stop();
    this.#events.onClosed();
  }

  #onHandshakeDone(): void {
    if (this.#state !== 'handshaking') return;
    const { cipher, dtls, srtp } = this.#server;
    const transcript: HandshakeMessage[] = dtls.sortedHandshakeCache.map((message) => ({
      type: message.msg_type,
      bytes: message.serialize(),
    }));
    let refusal: string | undefined;
    try {
      refusal = refusePeer(
        transcript,
        cipher.remoteCertificate,
        cipher.masterSecret,
        this.#fingerprints,
      );
    } catch (error) {
      refusal = `The client’s certificate cannot be read: ${(error as Error).message}`;
    }
    if (refusal !== undefined) {
      this.#fail(refusal);
      return;
    }
    const profile = (Object.keys(srtpProfiles) as SrtpProfile[]).find(
      (name) => srtpProfiles[name].id === srtp.srtpProfile,
    );
    if (profile === undefined) {
      this.#fail('The client offered no SRTP protection profile that is known (RFC 5764).');
      return;
    }
    this.#keys = deriveRecordKeys(
      cipher.masterSecret,
      cipher.remoteRandom.serialize(),
      cipher.localRandom.serialize(),
    );
    this.#state = 'open';
    const { keyBytes, saltBytes } = srtpProfiles[profile];
    const exported = this.#server.extractSessionKeys(keyBytes, saltBytes);
    this.#events.onKeys(
      profile,
      { key: exported.localKey, salt: exported.localSalt },
      { key: exported.remoteKey, salt: exported.remoteSalt },
    );
  }
}
