import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AvcDepacketizer } from '../../gateway/protocols/rtp/avc-depacketizer.ts';
import { splitObus } from '../../gateway/protocols/rtp/av1-packetizer.ts';
import { readExtension, readRtpHeader } from '../../gateway/protocols/rtp/header.ts';
import { packetizeAvc } from '../../gateway/protocols/rtp/nal-packetizer.ts';
import { readRtcp } from '../../gateway/protocols/rtp/rtcp-reader.ts';
import { writeNack } from '../../gateway/protocols/rtp/rtcp-writer.ts';
import {
  readTransportFeedback,
  writeTransportFeedback,
} from '../../gateway/protocols/rtp/transport-feedback.ts';

const run = { seed: 5, numRuns: 400 };
const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test('no bytes make the RTP and RTCP readers throw', () => {
  fc.assert(
    fc.property(bytes(120), fc.integer({ min: 192, max: 223 }), (packet, type) => {
      readRtpHeader(packet);
      if (packet.length >= 12) readExtension(packet, 3);
      if (packet.length > 4) {
        packet[0] = 0x80 | (packet[0]! & 0x1f);
        packet[1] = type;
        packet.writeUInt16BE(Math.max(0, (packet.length >> 2) - 1), 2);
      }
      readRtcp(packet, () => {});
      readTransportFeedback(packet);
      splitObus(packet);
    }),
    run,
  );
});

test('no payloads make the depacketizer throw or remember', () => {
  fc.assert(
    fc.property(fc.array(bytes(60), { maxLength: 12 }), (payloads) => {
      const depacketizer = new AvcDepacketizer();
      for (const payload of payloads) depacketizer.push(payload, false);
      depacketizer.finish();
      assert.equal(depacketizer.push(Buffer.from([0x41, 1, 2]), true)?.units.length, 1);
    }),
    run,
  );
});

test('access units survive packetising', () => {
  const unit = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4000 }))
    .map(([type, length]) => {
      const one = Buffer.alloc(1 + length, length);
      one[0] = 0x60 | type;
      return one;
    });
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 8 }), (units) => {
      const payload = Buffer.concat(
        units.flatMap((one) => {
          const head = Buffer.alloc(4);
          head.writeUInt32BE(one.length);
          return [head, one];
        }),
      );
      const payloads = packetizeAvc(payload, 4, [], 1170);
      const depacketizer = new AvcDepacketizer();
      let got;
      payloads.forEach((one, index) => {
        assert.ok(one.length <= 1170);
        got = depacketizer.push(Buffer.from(one), index === payloads.length - 1);
      });
      assert.deepEqual((got as { units: Buffer[] } | undefined)?.units, units);
    }),
    run,
  );
});

test('every set of missing packets is named exactly', () => {
  const set = fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(set, fc.integer({ min: 0, max: 65535 }), (offsets, base) => {
      const sequences = offsets.sort((a, b) => a - b).map((offset) => (base + offset) & 0xffff);
      let got: readonly number[] = [];
      readRtcp(writeNack(1, 2, sequences), (message) => {
        if (message.kind === 'nack') got = message.sequences;
      });
      assert.deepEqual(got, sequences);
    }),
    run,
  );
});

test('every feedback reads back', () => {
  const arrival = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(arrival, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 0, max: 65535 }),
      (ticks, baseSequence) => {
        const arrivals = ticks.map((tick) => (tick === undefined ? undefined : tick / 4));
        const packet = writeTransportFeedback(1, 2, 3, { baseSequence, arrivals });
        assert.deepEqual(readTransportFeedback(packet), { baseSequence, arrivals });
      },
    ),
    run,
  );
});
