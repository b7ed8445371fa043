import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RtcpMessage } from '../../../../gateway/protocols/rtp/rtcp-reader.ts';
import { readRtcp } from '../../../../gateway/protocols/rtp/rtcp-reader.ts';
import {
  compactNtp,
  toNtp,
  writeBye,
  writeNack,
  writePli,
  writeReceiverReport,
  writeSenderReport,
} from '../../../../gateway/protocols/rtp/rtcp-writer.ts';

const read = (packet: Buffer): RtcpMessage[] => {
  const messages: RtcpMessage[] = [];
  readRtcp(packet, (message) => messages.push(message));
  return messages;
};

test('NTP time counts from 1900', () => {
  assert.deepEqual(toNtp(0), { seconds: 2208988800, fraction: 0 });
  assert.deepEqual(toNtp(1500), { seconds: 2208988801, fraction: 2 ** 31 });
  assert.equal(compactNtp({ seconds: 0x12345678, fraction: 0x9abcdef0 }), 0x56789abc);
});

test('a sender report with its name reads back', () => {
  const packet = writeSenderReport({
    ssrc: 7,
    unixMs: 1500,
    rtpTime: 2 ** 32 + 90,
    packets: 3,
    bytes: 4,
    cname: 'name',
  });
  assert.equal(packet.length % 4, 0);
  assert.deepEqual(read(packet), [
    { kind: 'sender-report', ssrc: 7, ntpSeconds: 2208988801, ntpFraction: 2 ** 31, rtpTime: 90 },
  ]);
  const sdes = packet.subarray(28);
  assert.equal(sdes[1], 202);
  assert.equal(sdes.readUInt16BE(2) * 4 + 4, sdes.length);
  assert.equal(sdes.toString('latin1', 10, 14), 'name');
});

test('receiver reports carry their blocks', () => {
  const packet = writeReceiverReport(1, [
    {
      ssrc: 9,
      fractionLost: 0.25,
      packetsLost: 5,
      highestSequence: 70_000,
      jitter: 3,
      lastReport: 0x56789abc,
      delaySinceLastReport: 65536,
    },
  ]);
  assert.deepEqual(read(packet), [
    {
      kind: 'reports',
      blocks: [
        { ssrc: 9, fractionLost: 0.25, lastReport: 0x56789abc, delaySinceLastReport: 65536 },
      ],
    },
  ]);
});

test('NACK: neighbours share an entry, across the wrap', () => {
  const sequences = [65534, 65535, 0, 3, 100];
  const packet = writeNack(1, 2, sequences);
  assert.equal(packet.length, 12 + 2 * 4);
  assert.deepEqual(read(packet), [{ kind: 'nack', ssrc: 2, sequences }]);
});

test('a compound is read to its end', () => {
  const packet = Buffer.concat([writeReceiverReport(1, []), writePli(1, 2), writeBye(1)]);
  assert.deepEqual(read(packet), [{ kind: 'pli', ssrc: 2 }, { kind: 'bye' }]);
});

test('FIR and REMB of a browser', () => {
  const fir = Buffer.from('84ce0004 00000001 00000000 00000002 07000000'.replace(/ /g, ''), 'hex');
  assert.deepEqual(read(fir), [{ kind: 'fir', ssrc: 2, number: 7 }]);
  // 1 source, exponent 2, mantissa 250,000: 1 Mbit/s
  const remb = Buffer.from(
    '8fce0005 00000001 00000000 52454d42 010bd090 00000002'.replace(/ /g, ''),
    'hex',
  );
  assert.deepEqual(read(remb), [{ kind: 'remb', bitrate: 1_000_000 }]);
});

test('a malformed packet ends the reading, what came before counts', () => {
  const packet = Buffer.concat([writePli(1, 2), Buffer.from([0x80, 200, 0x40, 0, 1, 2, 3, 4])]);
  assert.equal(read(packet).length, 1);
  assert.deepEqual(read(Buffer.from([0, 200, 0, 1])), []);
});
