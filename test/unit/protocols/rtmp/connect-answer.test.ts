import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectAnswer } from '../../../../gateway/protocols/rtmp/connect-answer.ts';

test('a welcome names the codecs that pass, in the version of AMF that was asked for', () => {
  const { name, transactionId, object, args } = connectAnswer(1, 3);
  assert.deepEqual([name, transactionId], ['_result', 1]);
  assert.deepEqual(object, { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 });
  const [info] = args as [Record<string, unknown>];
  assert.equal(info['code'], 'NetConnection.Connect.Success');
  assert.equal(info['objectEncoding'], 3);
  assert.ok((info['fourCcList'] as string[]).includes('hvc1'));
  // Multitrack, ModEx packets, nanosecond offsets.
  assert.equal(info['capsEx'], 0b1110);
});
