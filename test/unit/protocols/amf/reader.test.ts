import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { AmfReader, defaultAmfLimits } from '../../../../gateway/protocols/amf/reader.ts';
import { References } from '../../../../gateway/protocols/amf/references.ts';

const data = Buffer.from('0102030405060708090a0b0c', 'hex');

suite('AmfReader', () => {
  test('reads big-endian, one after the other', () => {
    const reader = new AmfReader(data);
    assert.deepEqual([reader.u8(), reader.u16(), reader.u32()], [1, 0x0203, 0x04050607]);
    assert.deepEqual([reader.offset, reader.remaining, reader.peek()], [7, 5, 8]);
    assert.equal(new AmfReader(Buffer.from('fffe', 'hex')).i16(), -2);
    assert.equal(new AmfReader(Buffer.from('fffffffe', 'hex')).i32(), -2);
  });

  test('reads any view of memory, at its place in it', () => {
    const view = new Uint8Array(data.buffer, data.byteOffset + 4, 4);
    const reader = new AmfReader(view, 1);
    assert.deepEqual([reader.u8(), reader.remaining], [6, 2]);
  });

  test('reads nothing beyond the end', () => {
    const reads: ((reader: AmfReader) => unknown)[] = [
      (reader) => reader.u16(),
      (reader) => reader.u32(),
      (reader) => reader.double(),
      (reader) => reader.text(2),
      (reader) => reader.bytes(2),
    ];
    for (const read of reads) {
      assert.throws(() => read(new AmfReader(data, data.length - 1)), { code: 'AMF_TRUNCATED' });
      assert.throws(() => read(new AmfReader(data, data.length + 5)), { code: 'AMF_TRUNCATED' });
    }
    assert.equal(new AmfReader(data, data.length).peek(), -1);
  });

  test('bytes are a copy', () => {
    const source = Buffer.from('abc');
    const copy = new AmfReader(source).bytes(3);
    source.fill(0);
    assert.equal(copy.toString(), 'abc');
  });

  test('bounds depth, size and the length of a string', () => {
    const limits = { maxDepth: 2, maxSize: 40, maxStringBytes: 3 };
    const deep = new AmfReader(data, 0, limits);
    deep.enter();
    deep.enter();
    deep.leave();
    assert.throws(() => deep.enter(), { code: 'AMF_TOO_LARGE' });
    const nested = new AmfReader(data, 0, { ...limits, maxSize: 1000 });
    nested.enter();
    nested.enter();
    assert.throws(() => nested.enter(), { code: 'AMF_TOO_DEEP' });
    assert.throws(() => new AmfReader(data, 0, limits).text(4), { code: 'AMF_TOO_LARGE' });
    assert.equal(new AmfReader(data, 0, limits).text(3), '\u0001\u0002\u0003');
  });
});

suite('References', () => {
  test('numbers go by beginning; a reference costs what its target cost', () => {
    const reader = new AmfReader(data);
    const references = new References(reader);
    const outer = references.define(() => {
      reader.enter();
      const inner = references.define(() => {
        reader.enter();
        reader.leave();
        return ['inner'];
      });
      reader.leave();
      return [inner];
    });
    const before = reader.size;
    assert.equal(references.get(0), outer);
    assert.equal(reader.size, 2 * before);
    assert.deepEqual(references.get(1), ['inner']);
    assert.equal(reader.size, 2.5 * before);
    assert.throws(() => references.get(2), { code: 'AMF_BAD_REFERENCE' });
  });

  test('what has not ended cannot be referred to', () => {
    const references = new References(new AmfReader(data, 0, defaultAmfLimits));
    assert.throws(() => references.define(() => references.get(0)), { code: 'AMF_CYCLE' });
  });
});
