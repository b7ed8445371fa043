import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SrtpProfile } from '../../../../gateway/protocols/srtp/keys.ts';
import { srtpProfiles } from '../../../../gateway/protocols/srtp/keys.ts';
import {
  guessIndex,
  SrtpReceiver,
  SrtpSender,
} from '../../../../gateway/protocols/srtp/session.ts';
import { protectRtp } from '../../../helpers/srtp.ts';

const ssrc = 0xcafe1234;

const pair = (profile: SrtpProfile): { sender: SrtpSender; receiver: SrtpReceiver } => {
  const master = {
    key: Buffer.alloc(16, 7),
    salt: Buffer.alloc(srtpProfiles[profile].saltBytes, 9),
  };
  return {
    sender: new SrtpSender(profile, master),
    receiver: new SrtpReceiver(profile, master),
  };
};

const packetOf = (sender: SrtpSender, index: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 96;
  header.writeUInt16BE(index % 0x10000, 2);
  header.writeUInt32BE(ssrc, 8);
  return protectRtp(sender, header, payload, index);
};

for (const profile of ['AEAD_AES_128_GCM', 'AES128_CM_SHA1_80'] as const) {
  test(`${profile}: packets survive the way across a roll-over, out of order`, () => {
    const { sender, receiver } = pair(profile);
    for (const index of [0xfffd, 0xffff, 0xfffe, 0x10001, 0x10000, 0x10002]) {
      const payload = Buffer.from(`packet ${index}`);
      assert.deepEqual(receiver.unprotectRtp(packetOf(sender, index, payload), 12), payload);
    }
  });

  test(`${profile}: a replayed packet is refused`, () => {
    const { sender, receiver } = pair(profile);
    const packet = packetOf(sender, 5, Buffer.from('once'));
    assert.notEqual(receiver.unprotectRtp(packet, 12), undefined);
    assert.equal(receiver.unprotectRtp(packet, 12), undefined);
  });

  test(`${profile}: a forged packet does not move the window`, () => {
    const { sender, receiver } = pair(profile);
    assert.notEqual(receiver.unprotectRtp(packetOf(sender, 10, Buffer.from('a')), 12), undefined);
    const forged = packetOf(sender, 9000, Buffer.from('b'));
    forged[forged.length - 1] = forged[forged.length - 1]! ^ 0xff;
    assert.equal(receiver.unprotectRtp(forged, 12), undefined);
    assert.notEqual(receiver.unprotectRtp(packetOf(sender, 11, Buffer.from('c')), 12), undefined);
  });

  test(`${profile}: RTCP round trip, replay refused, truncation refused`, () => {
    const { sender, receiver } = pair(profile);
    const report = Buffer.alloc(28, 3);
    report.writeUInt32BE(ssrc, 4);
    const wire = sender.protectRtcp(report);
    for (let length = 0; length < wire.length; length++) {
      assert.equal(receiver.unprotectRtcp(wire.subarray(0, length)), undefined);
    }
    assert.deepEqual(receiver.unprotectRtcp(wire), report);
    assert.equal(receiver.unprotectRtcp(wire), undefined);
    assert.deepEqual(receiver.unprotectRtcp(sender.protectRtcp(report)), report);
  });

  test(`${profile}: state is kept for a bounded number of sources`, () => {
    const { sender, receiver } = pair(profile);
    let opened = 0;
    for (let source = 1; source <= 40; source++) {
      const header = Buffer.alloc(12);
      header[0] = 0x80;
      header.writeUInt32BE(source, 8);
      const packet = protectRtp(sender, header, Buffer.from('x'), 0);
      if (receiver.unprotectRtp(packet, 12) !== undefined) opened++;
    }
    assert.equal(opened, 16);
  });
}

test('the index is guessed nearest to the highest one', () => {
  assert.equal(guessIndex(-1, 40000), 40000);
  assert.equal(guessIndex(0x1ffff, 0), 0x20000);
  assert.equal(guessIndex(0x20000, 0xffff), 0x1ffff);
  assert.equal(guessIndex(0x20000, 1), 0x20001);
  assert.equal(guessIndex(5, 0xffff), 0xffff);
});

test('AES128_CM_SHA1_80: payloads of every length survive the way', () => {
  const { sender, receiver } = pair('AES128_CM_SHA1_80');
  for (const [index, length] of [0, 1, 15, 16, 17, 1183, 1184, 1185, 1300].entries()) {
    const payload = Buffer.alloc(length, index + 1);
    assert.deepEqual(receiver.unprotectRtp(packetOf(sender, index, payload), 12), payload);
  }
});

test('AES128_CM_SHA1_80: a packet that is sent again is the same packet', () => {
  const { sender } = pair('AES128_CM_SHA1_80');
  const payload = Buffer.alloc(500, 7);
  const first = packetOf(sender, 3, payload);
  for (let index = 4; index < 40; index++) packetOf(sender, index, payload);
  assert.deepEqual(packetOf(sender, 3, payload), first);
});

test('AES128_CM_SHA1_80: short packets, then long ones, then short ones again are what they should be', () => {
  const { sender, receiver } = pair('AES128_CM_SHA1_80');
  const payloadOf = (index: number): Buffer => Buffer.alloc(lengths[index % 4]!, index);
  const lengths = [40, 60, 1170, 50];
  const first = packetOf(sender, 0xfff0, payloadOf(0xfff0));
  for (let index = 0xfff1; index < 0x10020; index++) {
    const packet = packetOf(sender, index, payloadOf(index));
    assert.deepEqual(receiver.unprotectRtp(packet, 12), payloadOf(index));
  }
  assert.deepEqual(packetOf(sender, 0xfff0, payloadOf(0xfff0)), first);
});

test('AES128_CM_SHA1_80: key streams that are used up are not left to the garbage collector', () => {
  const { sender } = pair('AES128_CM_SHA1_80');
  const payload = Buffer.alloc(1170, 7);
  sender.encryptRtp(0, 12, payload, ssrc, 0);
  const before = process.memoryUsage().arrayBuffers;
  for (let index = 1; index < 4000; index++) sender.encryptRtp(0, 12, payload, ssrc, index);
  const grown = process.memoryUsage().arrayBuffers - before;
  assert.ok(grown < 1_000_000, `${grown} bytes outside the heap`);
});

for (const profile of ['AEAD_AES_128_GCM', 'AES128_CM_SHA1_80'] as const) {
  test(`${profile}: a packet that no lane takes is refused`, () => {
    const salt = Buffer.alloc(srtpProfiles[profile].saltBytes);
    const sender = new SrtpSender(profile, { key: Buffer.alloc(16), salt });
    assert.throws(
      () => sender.encryptRtp(0, 12, Buffer.alloc(1400), 1, 1),
      /^RangeError: A packet of 14\d\d bytes is longer than a lane takes/,
    );
  });
}
