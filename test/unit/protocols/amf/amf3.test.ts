import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeAmf3, encodeAmf3 } from '../../../../gateway/protocols/amf/amf3.ts';
import { AmfError } from '../../../../gateway/protocols/amf/errors.ts';
import type { AmfErrorCode } from '../../../../gateway/protocols/amf/errors.ts';
import { EcmaArray } from '../../../../gateway/protocols/amf/value.ts';
import type { AmfObject, AmfValue } from '../../../../gateway/protocols/amf/value.ts';

function amfObject(values: AmfObject): AmfObject {
  return Object.assign(Object.create(null) as AmfObject, values);
}

function decodeHex(hex: string): AmfValue[] {
  return decodeAmf3(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

function refuses(run: () => unknown, code: AmfErrorCode): void {
  assert.throws(run, (error) => error instanceof AmfError && error.code === code);
}

/** A string in hexadecimal, with its AMF3 length before it. */
function text(value: string): string {
  return Buffer.concat([Buffer.of((value.length << 1) | 1), Buffer.from(value)]).toString('hex');
}

suite('decodeAmf3', () => {
  test('reads the simple types', () => {
    assert.deepEqual(decodeHex('00 01 02 03'), [undefined, null, false, true]);
    assert.deepEqual(decodeHex('05 3ff8000000000000'), [1.5]);
    assert.deepEqual(decodeHex('06 05 6869 06 01'), ['hi', '']);
    assert.deepEqual(decodeHex('08 01 4270000000000000'), [new Date(2 ** 40)]);
    assert.deepEqual(decodeHex('0c 07 010203'), [Buffer.of(1, 2, 3)]);
    assert.deepEqual(decodeHex('07 05 6869 0b 05 6869'), ['hi', 'hi']);
  });

  test('reads integers of one to four bytes, the negative ones too', () => {
    const cases: [hex: string, value: number][] = [
      ['04 00', 0],
      ['04 7f', 0x7f],
      ['04 8100', 0x80],
      ['04 ff7f', 0x3fff],
      ['04 818000', 0x4000],
      ['04 ffff7f', 0x1fffff],
      ['04 80c08000', 0x200000],
      ['04 bfffffff', 0x0fffffff],
      ['04 c0808000', -0x10000000],
      ['04 ffffffff', -1],
    ];
    for (const [hex, value] of cases) {
      assert.deepEqual(decodeHex(hex), [value], hex);
      assert.equal(encodeAmf3(value).toString('hex'), hex.replace(' ', ''));
    }
  });

  test('reads strings, objects and traits by reference', () => {
    // Two objects of one class with a sealed member "a"; the second takes traits and string over.
    const first = `0a 13 ${text('Foo')} ${text('a')} 06 ${text('v')}`;
    assert.deepEqual(decodeHex(`${first} 0a 01 06 04 0a 00`), [
      amfObject({ a: 'v' }),
      amfObject({ a: 'v' }),
      amfObject({ a: 'v' }),
    ]);
    const [one, two, three] = decodeHex(`${first} 0a 01 06 04 0a 00`);
    assert.notEqual(one, two);
    assert.equal(three, one);
  });

  test('the empty string takes no number among the strings', () => {
    assert.deepEqual(decodeHex('06 01 06 05 6869 06 00'), ['', 'hi', 'hi']);
  });

  test('reads sealed and dynamic members of one object', () => {
    const hex = `0a 1b 01 ${text('a')} 04 01 ${text('b')} 04 02 01`;
    assert.deepEqual(decodeHex(hex), [amfObject({ a: 1, b: 2 })]);
  });

  test('reads arrays, with and without names', () => {
    assert.deepEqual(decodeHex('09 05 01 04 01 04 02'), [[1, 2]]);
    const [mixed] = decodeHex(`09 03 ${text('n')} 03 01 04 07`);
    assert.deepEqual(mixed, EcmaArray.of({ n: true, 0: 7 }));
  });

  test('reads vectors and dictionaries', () => {
    assert.deepEqual(decodeHex('0d 05 00 ffffffff 00000001'), [[-1, 1]]);
    assert.deepEqual(decodeHex('0e 03 01 ffffffff'), [[0xffffffff]]);
    assert.deepEqual(decodeHex('0f 03 00 3ff8000000000000'), [[1.5]]);
    assert.deepEqual(decodeHex(`10 05 00 ${text('Foo')} 01 03`), [[null, true]]);
    assert.deepEqual(decodeHex(`11 05 00 06 ${text('k')} 04 01 04 05 03`), [
      EcmaArray.of({ k: 1, 5: true }),
    ]);
  });

  test('reads what ArrayCollection, ArrayProxy and ObjectProxy wrap', () => {
    for (const name of ['ArrayCollection', 'ArrayProxy', 'ObjectProxy', 'ArrayList']) {
      const hex = `0a 07 ${text(`flex.messaging.io.${name}`)} 09 03 01 04 05`;
      assert.deepEqual(decodeHex(hex), [[5]], name);
    }
  });

  test('refuses other classes that write themselves, and dictionaries with objects for keys', () => {
    refuses(() => decodeHex(`0a 07 ${text('Custom')} 01`), 'AMF_UNSUPPORTED');
    refuses(() => decodeHex('11 03 00 09 01 01 01'), 'AMF_UNSUPPORTED');
  });

  test('refuses a reference that closes a circle, wherever', () => {
    refuses(() => decodeHex('09 03 01 09 00'), 'AMF_CYCLE');
    refuses(() => decodeHex(`0a 0b 01 ${text('me')} 0a 00 01`), 'AMF_CYCLE');
    refuses(
      () => decodeHex(`0a 07 ${text('flex.messaging.io.ArrayCollection')} 0a 00`),
      'AMF_CYCLE',
    );
    refuses(() => decodeHex('11 03 00 04 01 11 00'), 'AMF_CYCLE');
  });

  test('refuses references to nothing', () => {
    refuses(() => decodeHex('06 02'), 'AMF_BAD_REFERENCE');
    refuses(() => decodeHex('09 02'), 'AMF_BAD_REFERENCE');
    refuses(() => decodeHex('0a 05'), 'AMF_BAD_REFERENCE');
  });

  test('refuses counts that the data cannot hold', () => {
    for (const hex of ['09 ffffffff 01', '0d ffffffff 00', '0f ffffffff 00', '10 ffffffff 00 01']) {
      refuses(() => decodeHex(hex), 'AMF_TRUNCATED');
    }
    refuses(() => decodeHex('11 ffffffff 00'), 'AMF_TRUNCATED');
    refuses(() => decodeHex('0a bffffffb 01'), 'AMF_TRUNCATED');
    refuses(() => decodeHex('0c ffffffff'), 'AMF_TRUNCATED');
  });

  test('refuses markers that AMF3 does not have, and deep nesting', () => {
    refuses(() => decodeHex('12'), 'AMF_BAD_MARKER');
    refuses(() => decodeHex('09 03 01 '.repeat(1000)), 'AMF_TOO_DEEP');
  });

  test('one long string cannot be referred to without end', () => {
    const long = Buffer.alloc(0x10000, 0x61);
    const head = Buffer.from('06888001', 'hex');
    const again = Buffer.from('0600'.repeat(1000), 'hex');
    refuses(() => decodeAmf3(Buffer.concat([head, long, again])), 'AMF_TOO_LARGE');
  });

  test('__proto__ is a name like others', () => {
    const [value] = decodeHex(`0a 0b 01 ${text('__proto__')} 04 01 01`);
    assert.deepEqual(Object.keys(value as AmfObject), ['__proto__']);
  });
});

suite('encodeAmf3', () => {
  test('what it writes reads the same', () => {
    const values: AmfValue[] = [
      null,
      undefined,
      true,
      0.5,
      -0,
      2 ** 28,
      -(2 ** 28) - 1,
      Number.MAX_SAFE_INTEGER,
      'text',
      new Date(12345),
      Buffer.from('bytes'),
      [1, ['x'], null],
      amfObject({ a: 1, b: amfObject({ c: [true] }) }),
      EcmaArray.of({ width: 640 }),
    ];
    assert.deepEqual(decodeAmf3(encodeAmf3(...values)), values);
  });

  test('refuses a value that contains itself, and a property without a name', () => {
    const object: AmfObject = {};
    object['self'] = object;
    refuses(() => encodeAmf3(object), 'AMF_TOO_DEEP');
    refuses(() => encodeAmf3({ '': 1 }), 'AMF_UNSUPPORTED');
  });
});
