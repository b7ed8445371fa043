import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WasmExports } from '../../../../gateway/protocols/wasm/assembler.ts';
import {
  assemble,
  i32,
  instantiate,
  local,
  repeatWhile,
  V128,
  v128,
} from '../../../../gateway/protocols/wasm/assembler.ts';

interface Functions extends WasmExports {
  readonly run: (at: number, end: number) => void;
}

const build = (locals: readonly number[], body: readonly number[], pages = 1): Functions =>
  instantiate<Functions>(assemble([{ name: 'run', parameters: 2, locals, body }], pages))!;

test('a loop over a memory does what its code says', () => {
  const { memory, run } = build(
    [V128],
    [
      ...[...v128.const([1, 0xffffffff, 3, 0x80000000]), ...local.set(2)],
      ...repeatWhile([
        ...[...local.get(0), ...local.get(2), ...v128.store(200)],
        ...[...local.get(0), ...i32.const(16), ...i32.add, ...local.tee(0)],
        ...[...local.get(1), ...i32.lt_u],
      ]),
    ],
  );
  run(0, 48);
  const words = new Uint32Array(memory.buffer, 200, 16);
  assert.deepEqual([...words.subarray(8)], [1, 0xffffffff, 3, 0x80000000, 0, 0, 0, 0]);
});

test('numbers of every length are written as they should be', () => {
  for (const value of [0, 63, 64, 127, 128, 8191, 8192, 1_000_000, -1, -64, -65, -1_000_000]) {
    // Where a word is stored is `value` plus what makes it an address.
    const base = 2_000_000;
    const { memory, run } = build(
      [],
      [
        ...i32.const(value),
        ...local.get(0),
        ...i32.add,
        ...v128.const([7, 0, 0, 0]),
        ...v128.store(0),
      ],
      64,
    );
    run(base, 0);
    assert.equal(new DataView(memory.buffer).getUint32(base + value, true), 7, `${value}`);
  }
});

test('a module that this processor or Node.js does not know is not instantiated', () => {
  assert.equal(instantiate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 99, 0, 0, 0)), undefined);
});
