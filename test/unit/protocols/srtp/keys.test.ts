import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deriveSessionKeys } from '../../../../gateway/protocols/srtp/keys.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');

// RFC 3711, appendix B.3
const master = {
  key: hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
  salt: hex('0EC675AD498AFEEBB6960B3AABE6'),
};

test('session keys are those of RFC 3711, B.3', () => {
  const keys = deriveSessionKeys('AES128_CM_SHA1_80', master, 'rtp');
  assert.deepEqual(keys.encryption.export(), hex('C61E7A93744F39EE10734AFE3FF7A087'));
  assert.deepEqual(keys.salt, hex('30CBBC08863D8C85D49DB34A9AE1'));
  assert.deepEqual(keys.authentication.export(), hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'));
});

test('RTP and RTCP get different keys', () => {
  const rtp = deriveSessionKeys('AES128_CM_SHA1_80', master, 'rtp');
  const rtcp = deriveSessionKeys('AES128_CM_SHA1_80', master, 'rtcp');
  assert.notDeepEqual(rtp.encryption.export(), rtcp.encryption.export());
  assert.notDeepEqual(rtp.salt, rtcp.salt);
});

test('the AEAD profile has a 12-byte salt', () => {
  const keys = deriveSessionKeys(
    'AEAD_AES_128_GCM',
    { key: master.key, salt: master.salt.subarray(0, 12) },
    'rtp',
  );
  assert.equal(keys.salt.length, 12);
});
