import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import { defaultAmfLimits } from '../../../../gateway/protocols/amf/reader.ts';
import { AmfWriter } from '../../../../gateway/protocols/amf/writer.ts';

suite('AmfWriter', () => {
  test('what is written stays when the buffer grows, wherever that falls', () => {
    const kinds: [name: string, write: (writer: AmfWriter) => void, hex: string][] = [
      ['u8', (writer) => writer.u8(0xab), 'ab'],
      ['u16', (writer) => writer.u16(0xabcd), 'abcd'],
      ['u32', (writer) => writer.u32(0xabcdef01), 'abcdef01'],
      ['double', (writer) => writer.double(1), '3ff0000000000000'],
      ['bytes', (writer) => writer.bytes(Buffer.from('abcdef', 'hex')), 'abcdef'],
    ];
    for (const [name, write, hex] of kinds) {
      for (let before = 240; before < 260; before += 1) {
        const writer = new AmfWriter();
        writer.bytes(Buffer.alloc(before, 0x11));
        write(writer);
        writer.u8(0x22);
        const expected = '11'.repeat(before) + hex + '22';
        assert.equal(writer.finish().toString('hex'), expected, `${name} at ${before}`);
      }
    }
  });

  test('grows no further than the limit', () => {
    const writer = new AmfWriter();
    writer.bytes(Buffer.alloc(defaultAmfLimits.maxSize));
    assert.throws(
      () => writer.u8(0),
      (error) => error instanceof AmfError && error.code === 'AMF_TOO_LARGE',
    );
  });
});
