import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openRecord, deriveRecordKeys, splitRecords } from '../../gateway/protocols/dtls/record.ts';
import type { SrtpProfile } from '../../gateway/protocols/srtp/keys.ts';
import { srtpProfiles } from '../../gateway/protocols/srtp/keys.ts';
import { SrtpReceiver, SrtpSender } from '../../gateway/protocols/srtp/session.ts';
import { protectRtp } from '../helpers/srtp.ts';

const run = { seed: 5, numRuns: 200 };
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

for (const profile of ['AEAD_AES_128_GCM', 'AES128_CM_SHA1_80'] as SrtpProfile[]) {
  const master = {
    key: Buffer.alloc(16, 1),
    salt: Buffer.alloc(srtpProfiles[profile].saltBytes, 2),
  };

  test(`${profile}: garbage is never opened and never throws`, () => {
    const receiver = new SrtpReceiver(profile, master);
    fc.assert(
      fc.property(bytes(80), (packet) => {
        if (packet.length >= 12) assert.equal(receiver.unprotectRtp(packet, 12), undefined);
        assert.equal(receiver.unprotectRtcp(packet), undefined);
      }),
      run,
    );
  });

  test(`${profile}: what is protected opens, and not with one bit changed`, () => {
    fc.assert(
      fc.property(bytes(300), fc.nat(200_000), fc.nat(5000), (payload, index, bit) => {
        const sender = new SrtpSender(profile, master);
        const header = Buffer.alloc(12);
        header[0] = 0x80;
        header.writeUInt16BE(index % 0x10000, 2);
        header.writeUInt32BE(77, 8);
        const packet = protectRtp(sender, header, payload, index);
        if (index < 0x10000) {
          assert.deepEqual(new SrtpReceiver(profile, master).unprotectRtp(packet, 12), payload);
        }
        const at = bit % (packet.length * 8);
        // The sequence number is also what the receiver guesses the index from: any change fails.
        packet[at >> 3] = packet[at >> 3]! ^ (1 << (at & 7));
        assert.equal(new SrtpReceiver(profile, master).unprotectRtp(packet, 12), undefined);
      }),
      run,
    );
  });
}

test('no datagram makes the DTLS record reader throw', () => {
  const { client } = deriveRecordKeys(Buffer.alloc(48), Buffer.alloc(32), Buffer.alloc(32));
  fc.assert(
    fc.property(bytes(100), (datagram) => {
      if (datagram.length > 2) datagram[1] = 0xfe;
      for (const { bytes: record } of splitRecords(datagram) ?? []) {
        assert.equal(openRecord(record, client), undefined);
      }
    }),
    run,
  );
});
