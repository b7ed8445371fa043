import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  extensionIds,
  extensionUris,
  MAX_HEADER_BYTES,
  writeExtensions,
} from '../../../../gateway/protocols/rtp/extensions.ts';
import {
  isRtcp,
  readExtension,
  readRtpHeader,
  rtpHeaderLength,
  writeRtpHeader,
} from '../../../../gateway/protocols/rtp/header.ts';

const ids = { transportCc: 4, playoutDelay: 5, absSendTime: 2 };

test('a header without extensions reads back', () => {
  const packet = Buffer.alloc(20);
  assert.equal(writeRtpHeader(packet, true, 108, 0xfedc, 0xfedcba98, 0x89abcdef), 12);
  assert.deepEqual(readRtpHeader(packet), {
    marker: true,
    payloadType: 108,
    sequence: 0xfedc,
    timestamp: 0xfedcba98,
    ssrc: 0x89abcdef,
    length: 12,
    padded: false,
  });
});

test('extensions read back, and only those that are asked for are written', () => {
  const packet = Buffer.alloc(100);
  writeRtpHeader(packet, false, 96, 1, 2, 3);
  const length = writeExtensions(packet, ids, 0x1234, 1500, 1234);
  assert.ok(length <= MAX_HEADER_BYTES);
  assert.equal(readRtpHeader(packet)!.length, length);
  assert.equal(length % 4, 0);
  assert.deepEqual(readExtension(packet, 4), Buffer.from([0x12, 0x34]));
  assert.deepEqual(readExtension(packet, 5), Buffer.from([0x07, 0xb0, 0x7b]));
  // 1.5 s in 6.18 fixed point
  assert.equal(readExtension(packet, 2)!.readUIntBE(0, 3), 1.5 * 2 ** 18);
  assert.equal(readExtension(packet, 9), undefined);

  const bare = Buffer.alloc(100);
  writeRtpHeader(bare, false, 96, 1, 2, 3);
  assert.equal(writeExtensions(bare, { ...ids, absSendTime: 0 }, -1, 0, -1), 12);
  assert.equal(readExtension(bare, 4), undefined);
});

test('contributing sources and padding bits are understood', () => {
  const packet = Buffer.alloc(24);
  writeRtpHeader(packet, false, 96, 1, 2, 3);
  packet[0] = 0x80 | 0x20 | 2;
  assert.equal(rtpHeaderLength(packet), 20);
  assert.equal(readRtpHeader(packet)!.padded, true);
});

test('a header that claims more than there is, is none', () => {
  const packet = Buffer.alloc(16);
  writeRtpHeader(packet, false, 96, 1, 2, 3);
  packet[0] = 0x8f;
  assert.equal(rtpHeaderLength(packet), 0);
  packet[0] = 0x90;
  packet.writeUInt16BE(100, 14);
  assert.equal(rtpHeaderLength(packet), 0);
  assert.equal(rtpHeaderLength(Buffer.alloc(11, 0x80)), 0);
  assert.equal(rtpHeaderLength(Buffer.alloc(12, 0x40)), 0);
});

test('an extension that runs over the end is not read', () => {
  const packet = Buffer.alloc(20);
  writeRtpHeader(packet, false, 96, 1, 2, 3);
  packet[0] = 0x90;
  packet.writeUInt16BE(0xbede, 12);
  packet.writeUInt16BE(1, 14);
  packet[16] = (4 << 4) | 15;
  assert.equal(readExtension(packet, 4), undefined);
});

test('RTCP is told apart by its type', () => {
  const packet = Buffer.alloc(8, 0x80);
  packet[1] = 200;
  assert.equal(isRtcp(packet), true);
  packet[1] = 0x80 | 96;
  assert.equal(isRtcp(packet), false);
});

test('identifiers are taken from the offer', () => {
  assert.deepEqual(extensionIds(new Map([[extensionUris.transportCc, 7]])), {
    transportCc: 7,
    playoutDelay: 0,
    absSendTime: 0,
  });
});
