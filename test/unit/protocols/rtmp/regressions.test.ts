/** Input that ended another server's process, or hurt its viewers. Here it is refused or harmless. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeAmf0 } from '../../../../gateway/protocols/amf/amf0.ts';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import { isAmfObject } from '../../../../gateway/protocols/amf/value.ts';
import { decodeCommand } from '../../../../gateway/protocols/rtmp/command.ts';
import { decodeData, isData } from '../../../../gateway/protocols/rtmp/data.ts';
import { MessageType } from '../../../../gateway/protocols/rtmp/message.ts';
import { parseConnect } from '../../../../gateway/protocols/rtmp/url.ts';
import { hex, readAll } from './chunks.ts';

const type = MessageType.commandAmf0;

suite('what ended other servers', () => {
  test('connect without tcUrl', () => {
    const { object } = decodeCommand({ type, payload: encodeAmf0('connect', 1, { app: 'live' }) });
    assert.ok(isAmfObject(object));
    assert.equal(object['tcUrl'], undefined);
    assert.equal(parseConnect('live', undefined).app, 'live');
  });

  test('a command whose AMF is cut short', () => {
    const payload = encodeAmf0('connect', 1, { app: 'live' });
    for (let end = 14; end < payload.length; end += 1) {
      if (end === 19) continue; // the transaction id ends here: a whole command without an object
      assert.throws(() => decodeCommand({ type, payload: payload.subarray(0, end) }), AmfError);
    }
  });

  test('publish without a name', () => {
    const { args } = decodeCommand({ type, payload: encodeAmf0('publish', 5, null) });
    assert.deepEqual(args, []);
  });

  test('an empty video message', () => {
    const [video] = readAll([hex('06 000000 000000 09 01000000')]);
    assert.equal(video?.payload.length, 0);
  });

  test('a chunk size of zero', () => {
    assert.throws(() => readAll([hex('02 000000 000004 01 00000000 00000000')]), {
      code: 'RTMP_CHUNK_SIZE',
    });
  });

  test('an AMF3 data message is a data message, not audio', () => {
    const payload = Buffer.concat([Buffer.of(0), encodeAmf0('onTextData', { text: 'x' })]);
    const message = { type: MessageType.dataAmf3, payload };
    assert.ok(isData(message.type));
    assert.equal(decodeData(message).name, 'onTextData');
  });
});
