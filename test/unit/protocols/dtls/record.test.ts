import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tlsPrf } from '../../../../gateway/protocols/dtls/prf.ts';
import {
  contentTypes,
  deriveRecordKeys,
  isDtls,
  openRecord,
  sealRecord,
  splitRecords,
} from '../../../../gateway/protocols/dtls/record.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

test('the PRF gives the published TLS 1.2 SHA-256 test vector', () => {
  const output = tlsPrf(
    hex('9bbe436ba940f017b17652849a71db35'),
    'test label',
    hex('a0ba9f936cda311827a6f796ffd5198c'),
    100,
  );
  assert.deepEqual(
    output,
    hex(`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a
      6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab
      4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701
      87347b66`),
  );
});

const keys = deriveRecordKeys(Buffer.alloc(48, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3));
const plain = Buffer.from([1, 0]);

test('a sealed record opens with the same keys and no others', () => {
  const record = sealRecord(contentTypes.alert, 5, plain, keys.server);
  assert.deepEqual(openRecord(record, keys.server), plain);
  assert.equal(openRecord(record, keys.client), undefined);
});

test('every changed byte is noticed', () => {
  const record = sealRecord(contentTypes.alert, 5, plain, keys.server);
  for (let at = 0; at < record.length; at++) {
    if (at === 11 || at === 12) continue; // the length is not covered, the datagram's size is
    const bad = Buffer.from(record);
    bad[at] = bad[at]! ^ 1;
    assert.equal(openRecord(bad, keys.server), undefined, `byte ${at}`);
  }
  assert.equal(openRecord(record.subarray(0, 30), keys.server), undefined);
});

test('a datagram is cut into its records', () => {
  const first = sealRecord(contentTypes.alert, 1, plain, keys.client);
  const second = sealRecord(contentTypes.handshake, 2, Buffer.alloc(40), keys.client);
  const datagram = Buffer.concat([first, second]);
  assert.equal(isDtls(datagram), true);
  const records = splitRecords(datagram)!;
  assert.deepEqual(
    records.map(({ type, epoch, bytes }) => [type, epoch, bytes.length]),
    [
      [21, 1, first.length],
      [22, 1, second.length],
    ],
  );
  assert.equal(splitRecords(datagram.subarray(0, -1)), undefined);
  assert.equal(splitRecords(datagram.subarray(0, 5)), undefined);
});
