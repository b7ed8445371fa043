import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  callbackFields,
  clientArguments,
  formBody,
  type Call,
} from '../../../../gateway/ams/callbacks/fields.ts';
import { notifyPlan } from '../../../../gateway/ams/callbacks/plan.ts';
import type { SessionDetails } from '../../../../gateway/sessions/session.ts';
import { configWith, sessionWith } from '../../../helpers/ams-fixtures.ts';

const fieldsOf = (call: Call, details: Partial<SessionDetails>, now = 1_012_900) => {
  const session = sessionWith(details);
  session.bytes = 123_456;
  session.timestamp = 12_345.6;
  session.dropped = 3;
  return callbackFields(session, notifyPlan(configWith(), session.details), call, 'e-1', now);
};

suite('callback fields', () => {
  test('a start over RTMP, the arguments last', () => {
    const args = [
      ['user', 'u'],
      ['token', 'secret'],
    ] as const;
    assert.deepEqual(fieldsOf('publish', { kind: 'publish', args }), [
      ['app', 'live'],
      ['clientid', '7'],
      ['call', 'publish'],
      ['name', 'lesson'],
      ['addr', '192.0.2.1'],
      ['protocol', 'rtmp'],
      ['event_id', 'e-1'],
      ['user', 'u'],
      ['token', 'secret'],
    ]);
  });

  test('an end over RTMP: time in whole seconds, timestamp in ms', () => {
    const fields = Object.fromEntries(fieldsOf('play_done', {}));
    assert.equal(fields['name'], 'lesson');
    assert.equal(fields['time'], '12');
    assert.equal(fields['timestamp'], '12346');
    assert.equal(fields['totlebyte'], '123456');
    assert.equal(fields['dropped'], undefined);
  });

  test('an update has what an end has, and dropped', () => {
    const fields = Object.fromEntries(fieldsOf('update_publish', { kind: 'publish' }));
    assert.equal(fields['call'], 'update_publish');
    assert.equal(fields['totlebyte'], '123456');
    assert.equal(fields['dropped'], '3');
  });

  test('over HTTP: uri and curTime always, name with play only, no timestamp', () => {
    const details = { protocol: 'hls', uri: '/lesson/index.m3u8' } as const;
    const start = Object.fromEntries(fieldsOf('play', details));
    assert.equal(start['app'], 'http_live');
    assert.equal(start['name'], 'lesson');
    assert.equal(start['uri'], '/lesson/index.m3u8');
    assert.equal(start['curTime'], '1012');
    const end = Object.fromEntries(fieldsOf('play_done', details));
    assert.equal(end['name'], undefined);
    assert.equal(end['time'], '12');
    assert.equal(end['timestamp'], undefined);
    assert.equal(end['totlebyte'], '123456');
  });

  test('a clock that was set back gives no negative time', () => {
    assert.equal(Object.fromEntries(fieldsOf('play_done', {}, 0))['time'], '0');
  });

  test('arguments cannot pose as server fields, however a receiver bends their names', () => {
    const forged = [
      'call',
      'CALL',
      ' call',
      'call ',
      'call[x]',
      'call[',
      'call\0x',
      'event.id',
      'event id',
      'totlebyte',
      'curTime',
      'is_[call]',
    ];
    const kept = clientArguments(forged.map((name) => [name, 'forged'] as const));
    assert.deepEqual(
      kept.map(([name]) => name),
      ['is_[call]'],
    );
  });

  test('the form body survives any text', () => {
    const fields = [
      ['name', '课堂 1&=+%'],
      ['note', 'line\r\nbreak \ud800 lone'],
    ] as const;
    const back = [...new URLSearchParams(formBody(fields))];
    assert.deepEqual(back, [
      ['name', '课堂 1&=+%'],
      ['note', 'line\r\nbreak � lone'],
    ]);
  });
});
