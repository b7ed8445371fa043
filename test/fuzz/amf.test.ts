import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { decodeAmf0, encodeAmf0 } from '../../gateway/protocols/amf/amf0.ts';
import { decodeAmf3, encodeAmf3 } from '../../gateway/protocols/amf/amf3.ts';
import { AmfError } from '../../gateway/protocols/amf/errors.ts';
import { EcmaArray } from '../../gateway/protocols/amf/value.ts';
import type { AmfObject, AmfValue } from '../../gateway/protocols/amf/value.ts';

const settings = { seed: 20260101, numRuns: 400 };

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const key = fc.oneof(
  text.filter((name) => name !== ''),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0'),
);

const { value } = fc.letrec<{ value: AmfValue; keyed: AmfObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 8 },
    fc.constantFrom(null, undefined, true, false),
    fc.double(),
    fc.integer(),
    text,
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('keyed'),
  ),
  keyed: fc
    .tuple(fc.boolean(), fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }))
    .map(([isArray, entries]) => {
      // An array without names is a list in AMF3, so those are left to the unit tests.
      const target =
        isArray && entries.length > 0 ? new EcmaArray() : (Object.create(null) as AmfObject);
      for (const [name, item] of entries) target[name] = item;
      return target;
    }),
}));

const formats = [
  { name: 'AMF0', decode: decodeAmf0, encode: encodeAmf0 },
  { name: 'AMF3', decode: decodeAmf3, encode: encodeAmf3 },
];

/** Runs `decode`, and answers undefined when it refuses; anything but an `AmfError` comes through. */
function attempt(
  decode: (data: Uint8Array) => AmfValue[],
  data: Uint8Array,
): AmfValue[] | undefined {
  try {
    return decode(data);
  } catch (error) {
    if (error instanceof AmfError) return undefined;
    throw error;
  }
}

for (const { name, decode, encode } of formats) {
  suite(name, () => {
    test('any values come back', () => {
      fc.assert(
        fc.property(fc.array(value, { maxLength: 4 }), (values) => {
          assert.deepEqual(decode(encode(...values)), values);
        }),
        settings,
      );
    });

    test('any bytes are decoded or refused, and what was decoded can be walked', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          const values = attempt(decode, bytes);
          if (values !== undefined) countLeaves(values);
        }),
        { ...settings, numRuns: 5000 },
      );
    });

    test('a value with a few bytes changed is decoded or refused', () => {
      const change = fc.tuple(fc.nat(500), fc.nat(255));
      fc.assert(
        fc.property(fc.array(value, { maxLength: 4 }), fc.array(change), (values, changes) => {
          const bytes = encode(...values);
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          const decoded = attempt(decode, bytes);
          if (decoded !== undefined) countLeaves(decoded);
        }),
        { ...settings, numRuns: 1500 },
      );
    });
  });
}

/** Walks to every leaf; a circle, or a structure that references blow up, would never end. */
function countLeaves(item: AmfValue): number {
  if (typeof item !== 'object' || item === null) return 1;
  if (item instanceof Date || item instanceof Uint8Array) return 1;
  return Object.values(item).reduce<number>((sum, child) => sum + countLeaves(child), 1);
}
