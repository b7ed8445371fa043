import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandshakeAssembler } from '../../../../gateway/protocols/dtls/handshake-assembler.ts';

const body = Buffer.from(Array.from({ length: 1500 }, (_, index) => index & 0xff));

/** A record with the bytes of the message from `from` to `to`. */
const fragment = (from: number, to: number, sequence = 1): Buffer => {
  const record = Buffer.alloc(13 + 12 + to - from);
  record.set([22, 0xfe, 0xfd]);
  record.writeUInt16BE(record.length - 13, 11);
  record[13] = 1;
  record.writeUIntBE(body.length, 14, 3);
  record.writeUInt16BE(sequence, 17);
  record.writeUIntBE(from, 19, 3);
  record.writeUIntBE(to - from, 22, 3);
  body.copy(record, 25, from, to);
  return record;
};

const whole = fragment(0, 1500);

test('fragments come together in any order, repeated and overlapping', () => {
  for (const pieces of [
    [fragment(0, 1200), fragment(1200, 1500)],
    [fragment(1200, 1500), fragment(0, 1200)],
    [fragment(1200, 1500), fragment(1200, 1500), fragment(0, 700), fragment(500, 1200)],
  ]) {
    const assembler = new HandshakeAssembler();
    const got = pieces.flatMap((piece) => assembler.push(piece));
    assert.deepEqual(got, [whole]);
  }
});

test('a whole message passes as it is, two in a record come apart', () => {
  assert.deepEqual(new HandshakeAssembler().push(whole), [whole]);
  const two = Buffer.concat([whole, whole.subarray(13)]);
  two.writeUInt16BE(two.length - 13, 11);
  assert.deepEqual(new HandshakeAssembler().push(two), [whole, whole]);
});

test('messages do not mix', () => {
  const assembler = new HandshakeAssembler();
  assert.deepEqual(assembler.push(fragment(0, 1200, 1)), []);
  assert.deepEqual(assembler.push(fragment(1200, 1500, 2)), []);
  assert.deepEqual(assembler.push(fragment(1200, 1500, 1)), [whole]);
});

test('incomplete messages hold as much as one large one at most, whatever they claim', () => {
  const assembler = new HandshakeAssembler();
  const claiming = fragment(0, 100, 2);
  claiming.writeUIntBE(16_000, 14, 3);
  assert.deepEqual(assembler.push(fragment(0, 1200, 1)), []);
  assert.deepEqual(assembler.push(claiming), []);
  assert.deepEqual(assembler.push(fragment(1200, 1500, 1)), [], 'the first one was forgotten');
  assert.deepEqual(assembler.push(fragment(0, 1200, 1)), [whole]);
});

test('impossible sizes are dropped', () => {
  const assembler = new HandshakeAssembler();
  const tooLong = fragment(0, 100);
  tooLong.writeUIntBE(0xffffff, 14, 3);
  const beyond = fragment(0, 100);
  beyond.writeUIntBE(1450, 19, 3);
  const cut = fragment(0, 100).subarray(0, 60);
  for (const bad of [tooLong, beyond, cut, Buffer.alloc(13), Buffer.alloc(5)]) {
    assert.deepEqual(assembler.push(bad), []);
  }
});
