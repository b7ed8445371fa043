import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { splitAggregate } from '../../../../gateway/protocols/rtmp/aggregate.ts';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';
import type { RtmpMessage } from '../../../../gateway/protocols/rtmp/message.ts';
import { be, hex, message } from './chunks.ts';

/** A message inside an aggregate: time in 24 bits and its top byte, stream id, back pointer. */
function tag(type: number, timestamp: number, body: string, backPointer = true): string {
  const length = body.length / 2;
  const time = be(timestamp & 0xffffff, 3) + be(timestamp >>> 24, 1);
  return (
    be(type, 1) + be(length, 3) + time + '000000' + body + (backPointer ? be(11 + length, 4) : '')
  );
}

function aggregate(timestamp: number, payload: string): RtmpMessage {
  return message({ type: MessageType.aggregate, timestamp, payload: hex(payload) });
}

suite('splitAggregate', () => {
  test('messages in order, their times moved to the aggregate’s', () => {
    const parts = splitAggregate(
      aggregate(5000, tag(9, 100, 'aabb') + tag(8, 120, 'cc') + tag(18, 140, '')),
    );
    assert.deepEqual(parts, [
      message({ type: 9, timestamp: 5000, payload: hex('aabb') }),
      message({ type: 8, timestamp: 5020, payload: hex('cc') }),
      message({ type: 18, timestamp: 5040 }),
    ]);
  });

  test('payloads are views', () => {
    const whole = aggregate(0, tag(9, 0, 'aabb'));
    assert.equal(splitAggregate(whole)[0]?.payload.buffer, whole.payload.buffer);
  });

  test('times wrap, and use their top byte', () => {
    const parts = splitAggregate(
      aggregate(0xfffffff0, tag(9, 0x01fffff0, 'aa') + tag(9, 0x02000010, 'bb')),
    );
    assert.deepEqual(
      parts.map(({ timestamp }) => timestamp),
      [0xfffffff0, 0x10],
    );
  });

  test('an audio message may have an earlier time than the first', () => {
    const parts = splitAggregate(aggregate(1000, tag(9, 500, 'aa') + tag(8, 490, 'bb')));
    assert.equal(parts[1]?.timestamp, 990);
  });

  test('the last back pointer may be missing', () => {
    assert.equal(splitAggregate(aggregate(0, tag(9, 0, 'aa') + tag(8, 0, 'bb', false))).length, 2);
    assert.deepEqual(splitAggregate(aggregate(0, '')), []);
  });

  test('a message that is cut short is refused, at every byte', () => {
    const first = tag(9, 0, 'aa');
    const second = tag(8, 0, 'bbcc', false);
    for (let digits = 2; digits < second.length; digits += 2) {
      assert.throws(
        () => splitAggregate(aggregate(0, first + second.slice(0, digits))),
        (error) => error instanceof RtmpError && error.code === 'RTMP_BAD_AGGREGATE',
      );
    }
  });

  test('an aggregate inside an aggregate is refused', () => {
    assert.throws(() => splitAggregate(aggregate(0, tag(22, 0, tag(9, 0, 'aa')))), RtmpError);
  });
});
