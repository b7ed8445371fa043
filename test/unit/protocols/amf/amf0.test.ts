import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeAmf0, encodeAmf0 } from '../../../../gateway/protocols/amf/amf0.ts';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import type { AmfErrorCode } from '../../../../gateway/protocols/amf/errors.ts';
import { defaultAmfLimits } from '../../../../gateway/protocols/amf/reader.ts';
import { EcmaArray, isAmfObject } from '../../../../gateway/protocols/amf/value.ts';
import type { AmfObject, AmfValue } from '../../../../gateway/protocols/amf/value.ts';

/** An object as the decoder makes it. */
function amfObject(values: AmfObject): AmfObject {
  return Object.assign(Object.create(null) as AmfObject, values);
}

function decodeHex(hex: string): AmfValue[] {
  return decodeAmf0(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function refuses(run: () => unknown, code: AmfErrorCode): void {
  assert.throws(run, (error) => error instanceof AmfError && error.code === code);
}

suite('decodeAmf0', () => {
  test('reads a connect command as Flash sends it', () => {
    const values = decodeHex(
      '02 0007 636f6e6e656374' +
        '00 3ff0000000000000' +
        '03 0003 617070 02 0004 6c697665 0004 66706164 01 00 000009',
    );
    assert.deepEqual(values, ['connect', 1, amfObject({ app: 'live', fpad: false })]);
  });

  test('reads every simple type', () => {
    assert.deepEqual(decodeHex('01 00 01 01 01 07'), [false, true, true]);
    assert.deepEqual(decodeHex('05 06 0d'), [null, undefined, undefined]);
    assert.deepEqual(decodeHex('0c 00000002 6869'), ['hi']);
    assert.deepEqual(decodeHex('0f 00000004 3c612f3e'), ['<a/>']);
    // 2^40 ms, in a time zone that does not count.
    assert.deepEqual(decodeHex('0b 4270000000000000 ffc4'), [new Date(2 ** 40)]);
  });

  test('an associative array ends at its end marker, whatever its count says', () => {
    const [value, next] = decodeHex('08 00000063 0001 61 00 4000000000000000 000009 05');
    assert.ok(value instanceof EcmaArray);
    assert.equal(value['a'], 2);
    assert.equal(next, null);
  });

  test('an associative array may end with the message', () => {
    const [value] = decodeHex('08 00000001 0001 61 00 4000000000000000');
    assert.deepEqual(value, EcmaArray.of({ a: 2 }));
  });

  test('an object may not end with the message', () => {
    refuses(() => decodeHex('03 0001 61 00 4000000000000000'), 'AMF_TRUNCATED');
  });

  test('an empty name that no end marker follows is a property', () => {
    assert.deepEqual(decodeHex('03 0000 05 000009'), [amfObject({ '': null })]);
  });

  test('a typed object is an object', () => {
    assert.deepEqual(decodeHex('10 0003 466f6f 0001 61 05 000009'), [amfObject({ a: null })]);
  });

  test('a reference is the value that it refers to', () => {
    const [first, second] = decodeHex('03 0001 61 05 000009 07 0000');
    assert.ok(isAmfObject(first));
    assert.equal(second, first);
  });

  test('a reference to nothing, or to what it is in, is refused', () => {
    refuses(() => decodeHex('07 0000'), 'AMF_BAD_REFERENCE');
    refuses(() => decodeHex('03 0001 61 07 0000 000009'), 'AMF_CYCLE');
    refuses(() => decodeHex('0a 00000001 07 0000'), 'AMF_CYCLE');
  });

  test('avmplus switches to AMF3 for one value', () => {
    // AMF3: array of 1 and "hi"; then AMF0 goes on.
    assert.deepEqual(decodeHex('11 09 05 01 04 01 06 05 6869 02 0001 78'), [[1, 'hi'], 'x']);
  });

  test('AMF3 strings can be referred to from a later avmplus value', () => {
    assert.deepEqual(decodeHex('11 06 05 6869 11 06 00'), ['hi', 'hi']);
  });

  test('begins at the offset', () => {
    assert.deepEqual(decodeAmf0(Buffer.from('ffff05', 'hex'), 2), [null]);
    assert.deepEqual(decodeAmf0(Buffer.alloc(0)), []);
  });

  test('__proto__ and constructor are names like others', () => {
    const [value] = decodeHex(
      '03 0009 5f5f70726f746f5f5f 03 0001 61 05 000009 000b 636f6e7374727563746f72 05 000009',
    );
    assert.ok(isAmfObject(value));
    assert.deepEqual(Object.keys(value), ['__proto__', 'constructor']);
    assert.equal(({} as { a?: unknown }).a, undefined);
    assert.ok(!('toString' in value));
  });

  test('refuses what is cut short, at every byte', () => {
    const whole = encodeAmf0('name', 1, { list: [true, null], when: new Date(5), text: 'x' });
    for (let end = 1; end < whole.length; end += 1) {
      const cut = whole.subarray(0, end);
      let count = 0;
      try {
        count = decodeAmf0(cut).length;
      } catch (error) {
        assert.ok(error instanceof AmfError && error.code === 'AMF_TRUNCATED', `cut at ${end}`);
      }
      assert.ok(count < 3);
    }
  });

  test('refuses markers that AMF0 does not have', () => {
    for (const hex of ['04', '09', '0e', '12', 'ff']) {
      refuses(() => decodeHex(hex), 'AMF_BAD_MARKER');
    }
  });

  test('refuses nesting beyond the limit', () => {
    const nested = (levels: number): Buffer =>
      Buffer.from(`${'0a00000001'.repeat(levels)}05`, 'hex');
    assert.equal(decodeAmf0(nested(defaultAmfLimits.maxDepth - 1)).length, 1);
    refuses(() => decodeAmf0(nested(defaultAmfLimits.maxDepth)), 'AMF_TOO_DEEP');
    refuses(() => decodeAmf0(nested(100_000)), 'AMF_TOO_DEEP');
  });

  test('refuses counts that the data cannot hold', () => {
    refuses(() => decodeHex('0a ffffffff 05'), 'AMF_TRUNCATED');
    refuses(() => decodeHex('0c ffffffff 61'), 'AMF_TOO_LARGE');
    refuses(() => decodeHex('0c 000fffff 61'), 'AMF_TRUNCATED');
  });

  test('refuses more values than the limit', () => {
    const count = defaultAmfLimits.maxSize / 16;
    refuses(() => decodeAmf0(Buffer.alloc(count + 1, 0x05)), 'AMF_TOO_LARGE');
    assert.equal(decodeAmf0(Buffer.alloc(count, 0x05)).length, count);
  });

  test('references cannot stand for more values than the limit', () => {
    // Each list holds the one before it ten times: 10^7 values in some 300 bytes.
    let hex = '0a0000000105';
    for (let i = 0; i < 7; i += 1) hex += `0a0000000a${`07000${i}`.repeat(10)}`;
    refuses(() => decodeHex(hex), 'AMF_TOO_LARGE');
  });

  test('bytes that are not UTF-8 become replacement characters', () => {
    assert.deepEqual(decodeHex('02 0002 c328'), ['\ufffd(']);
  });
});

suite('encodeAmf0', () => {
  test('writes the bytes that the standard shows', () => {
    assert.equal(
      encodeAmf0('app', 1, true, null, undefined).toString('hex'),
      '020003617070' + '003ff0000000000000' + '0101' + '05' + '06',
    );
    assert.equal(encodeAmf0({ a: false }).toString('hex'), '03000161' + '0100' + '000009');
    assert.equal(
      encodeAmf0(EcmaArray.of({ a: 1 })).toString('hex'),
      '0800000001' + '000161003ff0000000000000' + '000009',
    );
    assert.equal(encodeAmf0([null]).toString('hex'), '0a0000000105');
    assert.equal(encodeAmf0(new Date(1)).toString('hex'), '0b3ff00000000000000000');
  });

  test('onMetaData comes back as the associative array that it was', () => {
    const metadata = EcmaArray.of({ width: 640, encoder: 'x', stereo: true, keyframes: [1, 2] });
    const [name, value] = decodeAmf0(encodeAmf0('onMetaData', metadata));
    assert.equal(name, 'onMetaData');
    assert.ok(value instanceof EcmaArray);
    assert.deepEqual(value, metadata);
  });

  test('a long string has a marker of its own', () => {
    const short = 'x'.repeat(0xffff);
    const long = 'x'.repeat(0x10000);
    assert.equal(encodeAmf0(short)[0], 0x02);
    assert.equal(encodeAmf0(long)[0], 0x0c);
    assert.deepEqual(decodeAmf0(encodeAmf0(short, long)), [short, long]);
  });

  test('bytes come back by way of AMF3', () => {
    assert.deepEqual(decodeAmf0(encodeAmf0(Buffer.from('abc'), 1)), [Buffer.from('abc'), 1]);
  });

  test('refuses a value that contains itself, and names that do not fit', () => {
    const list: AmfValue[] = [];
    list.push(list);
    refuses(() => encodeAmf0(list), 'AMF_TOO_DEEP');
    refuses(() => encodeAmf0({ ['x'.repeat(0x10000)]: 1 }), 'AMF_TOO_LARGE');
    refuses(() => encodeAmf0('x'.repeat(defaultAmfLimits.maxSize)), 'AMF_TOO_LARGE');
  });
});
