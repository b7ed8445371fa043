import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EcmaArray, emptyAmfObject, isAmfObject } from '../../../../gateway/protocols/amf/value.ts';

suite('AMF values', () => {
  test('an EcmaArray and an empty object inherit nothing', () => {
    for (const value of [new EcmaArray(), emptyAmfObject()]) {
      assert.equal('toString' in value, false);
      assert.equal('constructor' in value, false);
      value['__proto__'] = 'text';
      assert.deepEqual(Object.entries(value), [['__proto__', 'text']]);
    }
  });

  test('EcmaArray.of copies, and is told from an object', () => {
    const source = { a: 1 };
    const array = EcmaArray.of(source);
    array['b'] = 2;
    assert.deepEqual(source, { a: 1 });
    assert.ok(array instanceof EcmaArray);
    assert.ok(!(emptyAmfObject() instanceof EcmaArray));
  });

  test('isAmfObject is true of keyed values only', () => {
    assert.ok(isAmfObject({}) && isAmfObject(new EcmaArray()) && isAmfObject(emptyAmfObject()));
    for (const other of [null, undefined, 1, 'x', [], new Date(), Buffer.alloc(1)]) {
      assert.ok(!isAmfObject(other));
    }
  });
});
