import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeCommand, encodeCommand } from '../../../../gateway/protocols/rtmp/command.ts';
import * as status from '../../../../gateway/protocols/rtmp/status.ts';

suite('status', () => {
  test('an information object begins with level, code and description', () => {
    const info = status.statusInfo('NetStream.Play.Start', 'Playing.', { clientid: 7 });
    assert.deepEqual(Object.entries(info), [
      ['level', 'status'],
      ['code', 'NetStream.Play.Start'],
      ['description', 'Playing.'],
      ['clientid', 7],
    ]);
  });

  test('refusals have the level error, notices status', () => {
    const levelOf = (code: status.StatusCode): unknown => status.statusInfo(code, '')['level'];
    assert.equal(levelOf('NetStream.Publish.BadName'), 'error');
    assert.equal(levelOf('NetStream.Play.StreamNotFound'), 'error');
    assert.equal(levelOf('NetConnection.Connect.Rejected'), 'error');
    assert.equal(levelOf('NetStream.Play.InsufficientBW'), 'warning');
    assert.equal(levelOf('NetStream.Play.UnpublishNotify'), 'status');
  });

  test('onStatus expects no answer', () => {
    const command = status.onStatus('NetStream.Publish.Start', 'Publishing.');
    assert.deepEqual([command.name, command.transactionId, command.object], ['onStatus', 0, null]);
    assert.deepEqual(command.args, [status.statusInfo('NetStream.Publish.Start', 'Publishing.')]);
  });

  test('_result and _error repeat the transaction id', () => {
    assert.deepEqual(status.result(4, null, 1), {
      name: '_result',
      transactionId: 4,
      object: null,
      args: [1],
    });
    const refusal = status.error(5, 'NetConnection.Call.Failed', 'No such command.');
    assert.deepEqual([refusal.name, refusal.transactionId], ['_error', 5]);
    assert.deepEqual(decodeCommand(encodeCommand(refusal)), refusal);
  });
});
