import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AvcDepacketizer } from '../../../../gateway/protocols/rtp/avc-depacketizer.ts';
import type { AvcAccessUnit } from '../../../../gateway/protocols/rtp/avc-depacketizer.ts';
import { packetizeAvc, packetizeHevc } from '../../../../gateway/protocols/rtp/nal-packetizer.ts';

const nal = (firstByte: number, length: number): Buffer => {
  const unit = Buffer.alloc(length);
  for (let at = 0; at < length; at++) unit[at] = at;
  unit[0] = firstByte;
  return unit;
};

const accessUnit = (...units: readonly Buffer[]): Buffer =>
  Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );

const sps = nal(0x67, 20);
const pps = nal(0x68, 5);

const reassemble = (payloads: readonly Uint8Array[]): AvcAccessUnit | undefined => {
  const depacketizer = new AvcDepacketizer();
  let unit: AvcAccessUnit | undefined;
  payloads.forEach((payload, index) => {
    unit = depacketizer.push(Buffer.from(payload), index === payloads.length - 1);
  });
  return unit;
};

test('H.264: a key frame begins with its parameter sets in one STAP-A', () => {
  const idr = nal(0x65, 3000);
  const payloads = packetizeAvc(accessUnit(nal(0x09, 2), idr), 4, [sps, pps], 1000);
  assert.equal(payloads[0]![0]! & 0x1f, 24);
  assert.equal(payloads[0]![0]! & 0x60, 0x60, 'NRI of the aggregate is the highest one');
  for (const payload of payloads) assert.ok(payload.length <= 1000);
  const unit = reassemble(payloads);
  assert.ok(unit);
  assert.deepEqual(unit.sps, sps);
  assert.deepEqual(unit.pps, pps);
  assert.deepEqual(unit.units, [idr], 'the delimiter is left out');
  assert.equal(unit.key, true);
});

test('H.264: fragments are even, marked first and last, with the unit’s type', () => {
  const payloads = packetizeAvc(accessUnit(nal(0x41, 2500)), 4, [], 1000);
  assert.equal(payloads.length, 3);
  assert.deepEqual(
    payloads.map((payload) => payload[1]! & 0xe0),
    [0x80, 0, 0x40],
  );
  for (const payload of payloads) {
    assert.equal(payload[0], 0x40 | 28);
    assert.equal(payload[1]! & 0x1f, 1);
    assert.ok(payload.length > 800 && payload.length <= 1000);
  }
});

test('H.264: parameter sets of the access unit itself replace ours', () => {
  const own = nal(0x67, 30);
  const unit = reassemble(packetizeAvc(accessUnit(own, pps, nal(0x65, 50)), 4, [sps, pps], 1000));
  assert.deepEqual(unit?.sps, own);
});

test('H.264: a small frame is one packet that shares the memory', () => {
  const frame = accessUnit(nal(0x41, 100));
  const payloads = packetizeAvc(frame, 4, [], 1000);
  assert.equal(payloads.length, 1);
  assert.equal(payloads[0]!.buffer, frame.buffer);
});

test('H.264: an access unit of delimiters and SEI alone gives nothing', () => {
  assert.deepEqual(packetizeAvc(accessUnit(nal(0x09, 2), nal(0x06, 9)), 4, [], 1000), []);
});

test('H.264: lengths beyond the end are an error', () => {
  assert.throws(() => packetizeAvc(Buffer.from([0, 0, 1, 0, 1]), 4, [], 1000), {
    code: 'CODEC_TRUNCATED',
  });
});

test('HEVC: parameter sets aggregate, large units fragment and come together again', () => {
  const vps = Buffer.from([0x40, 0x01, 1, 2, 3]);
  const idr = Buffer.concat([Buffer.from([0x26, 0x01]), nal(7, 2600)]);
  const payloads = packetizeHevc(accessUnit(idr), 4, [vps, Buffer.from([0x42, 0x01, 9])], 1000);
  assert.equal((payloads[0]![0]! >> 1) & 0x3f, 48);
  const fragments = payloads.slice(1);
  for (const payload of fragments) {
    assert.ok(payload.length <= 1000);
    assert.equal((payload[0]! >> 1) & 0x3f, 49);
    assert.equal(payload[2]! & 0x3f, 19);
  }
  assert.equal(fragments[0]![2]! & 0x80, 0x80);
  assert.equal(fragments.at(-1)![2]! & 0x40, 0x40);
  const joined = Buffer.concat([
    Buffer.from([0x26, 0x01]),
    ...fragments.map((payload) => payload.subarray(3)),
  ]);
  assert.deepEqual(joined, idr);
});

test('depacketizer: a gap spoils its access unit and no other', () => {
  const depacketizer = new AvcDepacketizer();
  const [first, , last] = packetizeAvc(accessUnit(nal(0x41, 2500)), 4, [], 1000);
  depacketizer.push(Buffer.from(first!), false);
  depacketizer.gap();
  assert.equal(depacketizer.push(Buffer.from(last!), true), undefined);
  const next = depacketizer.push(nal(0x01, 50), true);
  assert.equal(next?.units.length, 1);
  assert.equal(next.disposable, true, 'nal_ref_idc is 0');
});

test('depacketizer: malformed payloads spoil, never throw', () => {
  const bad = [
    Buffer.from([24, 0, 9, 1]), // STAP-A beyond its end
    Buffer.from([28, 0x01]), // FU-A without content
    Buffer.from([28, 0x01, 5]), // FU-A without a beginning
    Buffer.from([30, 1, 2]), // a type that packetization-mode 1 does not have
  ];
  for (const payload of bad) {
    assert.equal(new AvcDepacketizer().push(payload, true), undefined);
  }
});
