import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DtlsClient } from 'werift';
import type { Fingerprint } from '../../../../gateway/protocols/sdp/offer.ts';
import type { MasterKey } from '../../../../gateway/protocols/srtp/keys.ts';
import { DtlsEndpoint } from '../../../../gateway/servers/webrtc/dtls-endpoint.ts';
import {
  createDtlsIdentity,
  type DtlsIdentity,
} from '../../../../gateway/servers/webrtc/dtls-identity.ts';
import {
  createDtlsClient,
  endFlights,
  receiveDtls,
} from '../../../../gateway/servers/webrtc/werift-dtls.ts';

interface Outcome {
  readonly profile?: string;
  readonly local?: MasterKey;
  readonly remote?: MasterKey;
  readonly failure?: string;
}

/** A handshake in memory; `mangle` may change or drop what the client sends. */
const shakeHands = async (
  identity: DtlsIdentity,
  fingerprints: readonly Fingerprint[],
  mangle: (datagram: Buffer) => Buffer | undefined = (datagram) => datagram,
): Promise<{ outcome: Outcome; endpoint: DtlsEndpoint; client: DtlsClient; sent: Buffer[] }> => {
  const sent: Buffer[] = [];
  let settle: (outcome: Outcome) => void = () => {};
  const settled = new Promise<Outcome>((resolve) => (settle = resolve));
  const endpoint: DtlsEndpoint = new DtlsEndpoint(
    identity,
    fingerprints,
    (datagram) => {
      sent.push(datagram);
      setImmediate(() => receiveDtls(client, datagram));
    },
    {
      onKeys: (profile, local, remote) => settle({ profile, local, remote }),
      onClosed: () => settle({ failure: 'closed' }),
      onFailed: (failure) => settle({ failure }),
    },
  );
  const profiles = ['AES128_CM_SHA1_80', 'AEAD_AES_128_GCM'] as const;
  const client = createDtlsClient(identity, profiles, (datagram) => {
    const copy = mangle(Buffer.from(datagram));
    if (copy !== undefined) setImmediate(() => endpoint.receive(copy));
  });
  void client.connect();
  const outcome = await settled;
  endFlights(client);
  return { outcome, endpoint, client, sent };
};

test('both sides export the same keys, AES-CM before GCM', async () => {
  const identity = await createDtlsIdentity();
  const { outcome, client, endpoint } = await shakeHands(identity, [identity.fingerprint]);
  assert.equal(outcome.profile, 'AES128_CM_SHA1_80');
  const theirs = client.extractSessionKeys(16, 14);
  assert.deepEqual(outcome.remote!.key, theirs.localKey);
  assert.deepEqual(outcome.local!.salt, theirs.remoteSalt);
  endpoint.close();
});

test('a certificate that the offer did not announce fails', async () => {
  const identity = await createDtlsIdentity();
  const value = identity.fingerprint.value.replace(/^../, (byte) => (byte === '00' ? '01' : '00'));
  const { outcome } = await shakeHands(identity, [{ algorithm: 'sha-256', value }]);
  assert.match(outcome.failure ?? '', /fingerprint that its offer announced/);
});

test('a fingerprint of an unknown hash fails with its name', async () => {
  const identity = await createDtlsIdentity();
  const { outcome } = await shakeHands(identity, [{ algorithm: 'md5', value: 'AA' }]);
  assert.match(outcome.failure ?? '', /fingerprints of md5; expected sha-256/);
});

test('a client that cannot sign for its certificate fails', async () => {
  const identity = await createDtlsIdentity();
  // CertificateVerify (type 15) with a changed byte at its end, wherever it is in the flight.
  const { outcome } = await shakeHands(identity, [identity.fingerprint], (datagram) => {
    let at = 0;
    while (at + 13 <= datagram.length) {
      const length = datagram.readUInt16BE(at + 11);
      if (datagram[at] === 22 && datagram.readUInt16BE(at + 3) === 0 && datagram[at + 13] === 15) {
        const last = at + 13 + length - 1;
        datagram[last] = datagram[last]! ^ 1;
      }
      at += 13 + length;
    }
    return datagram;
  });
  assert.match(outcome.failure ?? '', /CertificateVerify|Finished/);
});

test('a goodbye is said once, and what comes later is not read', async () => {
  const identity = await createDtlsIdentity();
  const { endpoint, sent } = await shakeHands(identity, [identity.fingerprint]);
  const before = sent.length;
  endpoint.close();
  endpoint.close();
  assert.equal(sent.length, before + 1);
  assert.equal(sent.at(-1)![0], 21, 'an alert');
  assert.equal(sent.at(-1)!.readUInt16BE(3), 1, 'protected');
  endpoint.receive(Buffer.alloc(20, 22));
});

test('a handshake that brings too much fails', async () => {
  const identity = await createDtlsIdentity();
  let failure = '';
  const endpoint = new DtlsEndpoint(identity, [identity.fingerprint], () => {}, {
    onKeys: () => assert.fail('no keys'),
    onClosed: () => assert.fail('not closed'),
    onFailed: (message) => (failure = message),
  });
  const record = Buffer.alloc(13 + 1000);
  record.set([22, 0xfe, 0xfd]);
  record.writeUInt16BE(1000, 11);
  for (let count = 0; count < 70; count++) endpoint.receive(record);
  assert.match(failure, /more than 65536 bytes/);
});
