import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragment, type FragmentSample } from '../../../../gateway/protocols/mp4/fragment.ts';
import { boxAt, readBoxes, readFragments } from '../../../helpers/mp4-boxes.ts';

const sample = (text: string, changes: Partial<FragmentSample> = {}): FragmentSample => ({
  duration: 3600,
  compositionOffset: 0,
  key: false,
  data: Buffer.from(text),
  ...changes,
});

const VIDEO = {
  id: 1,
  kind: 'video',
  baseDecodeTime: 2 ** 33 + 5,
  samples: [
    sample('key', { key: true, compositionOffset: 7200 }),
    sample('later', { compositionOffset: -3600 }),
    sample('nobody needs it', { disposable: true, duration: 0 }),
  ],
} as const;
const AUDIO = {
  id: 2,
  kind: 'audio',
  baseDecodeTime: 1024,
  samples: [
    sample('tone', { duration: 1024, key: true }),
    sample('', { duration: 1025, key: true }),
  ],
} as const;

test('what was written is read again', () => {
  const read = readFragments(fragment(9, [VIDEO, AUDIO])).map(({ data, flags, ...rest }) => ({
    ...rest,
    flags: flags.toString(16),
    data: data.toString(),
  }));
  const base = 2 ** 33 + 5;
  assert.deepEqual(read, [
    {
      track: 1,
      dts: base,
      pts: base + 7200,
      duration: 3600,
      key: true,
      flags: '2000000',
      data: 'key',
    },
    {
      ...{ track: 1, dts: base + 3600, pts: base, duration: 3600, key: false },
      ...{ flags: '1010000', data: 'later' },
    },
    {
      ...{ track: 1, dts: base + 7200, pts: base + 7200, duration: 0, key: false },
      ...{ flags: '1810000', data: 'nobody needs it' },
    },
    { track: 2, dts: 1024, pts: 1024, duration: 1024, key: true, flags: '2000000', data: 'tone' },
    { track: 2, dts: 2048, pts: 2048, duration: 1025, key: true, flags: '2000000', data: '' },
  ]);
});

test('a fragment is a moof with its number, and an mdat with nothing but samples', () => {
  const bytes = fragment(9, [VIDEO, AUDIO]);
  const [moof, mdat, ...rest] = readBoxes(bytes);
  assert.deepEqual([moof!.type, mdat!.type, rest.length], ['moof', 'mdat', 0]);
  assert.equal(boxAt(moof!.content, 'mfhd').readUInt32BE(4), 9);
  assert.equal(mdat!.content.toString(), 'keylaternobody needs ittone');
});

test('a track without samples is left out', () => {
  const bytes = fragment(1, [{ ...VIDEO, samples: [] }, AUDIO]);
  assert.deepEqual(
    readFragments(bytes).map(({ track }) => track),
    [2, 2],
  );
});

test('an empty fragment is still well-formed', () => {
  assert.deepEqual(
    readBoxes(fragment(1, [])).map(({ type, content }) => [type, content.length]),
    [
      ['moof', 16],
      ['mdat', 0],
    ],
  );
});
