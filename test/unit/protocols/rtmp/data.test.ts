import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeAmf0, encodeAmf0 } from '../../../../gateway/protocols/amf/amf0.ts';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import { EcmaArray } from '../../../../gateway/protocols/amf/value.ts';
import { decodeData, encodeData, isData } from '../../../../gateway/protocols/rtmp/data.ts';
import { RtmpError } from '../../../../gateway/protocols/rtmp/errors.ts';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';

const metadata = EcmaArray.of({ width: 640, height: 360, encoder: 'x' });
const type = MessageType.dataAmf0;

suite('data messages', () => {
  test('@setDataFrame is unwrapped; the body for players begins at the name inside', () => {
    const payload = encodeAmf0('@setDataFrame', 'onMetaData', metadata);
    const data = decodeData({ type, payload });
    assert.equal(data.name, 'onMetaData');
    assert.equal(data.frame, 'set');
    assert.deepEqual(data.values, [metadata]);
    assert.deepEqual(data.body, encodeAmf0('onMetaData', metadata));
    assert.equal(data.body.buffer, payload.buffer, 'without a copy');
  });

  test('@clearDataFrame names what is forgotten', () => {
    const data = decodeData({ type, payload: encodeAmf0('@clearDataFrame', 'onMetaData') });
    assert.deepEqual([data.name, data.frame, data.values], ['onMetaData', 'clear', []]);
  });

  test('any other is passed on as it is', () => {
    const payload = encodeAmf0('onTextData', { text: 'hi' }, 5);
    const data = decodeData({ type, payload });
    assert.deepEqual([data.name, data.frame, data.values.length], ['onTextData', 'none', 2]);
    assert.deepEqual(data.body, payload);
  });

  test('AMF3 data messages lose their format byte in the body', () => {
    const inner = encodeAmf0('@setDataFrame', 'onMetaData', metadata);
    const payload = Buffer.concat([Buffer.of(0), inner]);
    const data = decodeData({ type: MessageType.dataAmf3, payload });
    assert.deepEqual([data.name, data.values], ['onMetaData', [metadata]]);
    assert.deepEqual(decodeAmf0(data.body), ['onMetaData', metadata]);
  });

  test('a message without a name is refused', () => {
    const bodies = [Buffer.alloc(0), encodeAmf0(1), encodeAmf0('@setDataFrame'), encodeAmf0(null)];
    for (const payload of [...bodies, encodeAmf0('@setDataFrame', 5)]) {
      assert.throws(
        () => decodeData({ type, payload }),
        (error) => error instanceof RtmpError && error.code === 'RTMP_BAD_DATA',
      );
    }
    const cut = encodeAmf0('onMetaData', { a: 1 }).subarray(0, -4);
    assert.throws(() => decodeData({ type, payload: cut }), AmfError);
  });

  test('encodeData writes what decodeData reads', () => {
    const message = encodeData('onMetaData', metadata);
    assert.equal(message.type, MessageType.dataAmf0);
    assert.deepEqual(decodeData(message).values, [metadata]);
    assert.deepEqual(Object.values(MessageType).filter(isData), [15, 18]);
  });
});
