import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeQr } from '../../../../web-player/src/pages/qr-code.ts';

/**
 * Reads a code as a scanner does that has found it straight and undamaged: format information,
 * mask, zigzag, blocks, bytes. It is written from the standard's tables, not from the encoder.
 */
function readCodewords(modules: readonly (readonly boolean[])[]): {
  version: number;
  codewords: number[];
} {
  const size = modules.length;
  const version = (size - 17) / 4;
  const bit = (x: number, y: number) => (modules[y]?.[x] ? 1 : 0);

  let format = 0;
  for (let i = 0; i < 8; i += 1) format |= bit(size - 1 - i, 8) << i;
  for (let i = 8; i < 15; i += 1) format |= bit(8, size - 15 + i) << i;
  const masked = format ^ 0b101010000010010;
  assert.equal(masked >> 13, 0, 'error correction level M');
  const mask = (masked >> 10) & 7;

  const isFunction = (x: number, y: number): boolean => {
    const inFinder = (x < 9 && y < 9) || (x >= size - 8 && y < 9) || (x < 9 && y >= size - 8);
    const inVersion =
      version >= 7 &&
      ((x >= size - 11 && x < size - 8 && y < 6) || (y >= size - 11 && y < size - 8 && x < 6));
    return inFinder || inVersion || x === 6 || y === 6 || inAlignment(x, y);
  };
  const centres = ALIGNMENT[version - 1] ?? [];
  const inAlignment = (x: number, y: number): boolean =>
    centres.some((cy) =>
      centres.some((cx) => {
        const corner =
          (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
        return !corner && Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2;
      }),
    );
  const flips = (x: number, y: number): boolean => {
    const both = x * y;
    return (
      [
        (x + y) % 2,
        y % 2,
        x % 3,
        (x + y) % 3,
        ((y >> 1) + Math.floor(x / 3)) % 2,
        (both % 2) + (both % 3),
        ((both % 2) + (both % 3)) % 2,
        (((x + y) % 2) + (both % 3)) % 2,
      ][mask] === 0
    );
  };

  const bits: number[] = [];
  let up = true;
  for (let column = size - 1; column > 0; column -= 2) {
    if (column === 6) column -= 1;
    for (let i = 0; i < size; i += 1) {
      const y = up ? size - 1 - i : i;
      for (const x of [column, column - 1]) {
        if (!isFunction(x, y)) bits.push(bit(x, y) ^ (flips(x, y) ? 1 : 0));
      }
    }
    up = !up;
  }
  const codewords: number[] = [];
  for (let i = 0; i + 8 <= bits.length; i += 8) {
    codewords.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
  }
  return { version, codewords };
}

/** The text of a code in byte mode. */
function decodeQr(modules: readonly (readonly boolean[])[]): string {
  const { version, codewords } = readCodewords(modules);
  const data = deinterleave(codewords, BLOCKS[version - 1] ?? []);
  assert.equal((data[0] ?? 0) >> 4, 4, 'byte mode');
  const nibbles = data.flatMap((byte) => [byte >> 4, byte & 15]);
  const lengthNibbles = version < 10 ? 2 : 4;
  const length = nibbles.slice(1, 1 + lengthNibbles).reduce((sum, n) => sum * 16 + n, 0);
  const body = nibbles.slice(1 + lengthNibbles, 1 + lengthNibbles + length * 2);
  const bytes = Uint8Array.from(
    { length },
    (_, i) => (body[2 * i] ?? 0) * 16 + (body[2 * i + 1] ?? 0),
  );
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function deinterleave(codewords: readonly number[], lengths: readonly number[]): number[] {
  const blocks = lengths.map((): number[] => []);
  let at = 0;
  for (let i = 0; i < Math.max(...lengths); i += 1) {
    for (const [index, length] of lengths.entries()) {
      if (i < length) blocks[index]?.push(codewords[at++] ?? 0);
    }
  }
  return blocks.flat();
}

/** Annex E, and the data codewords of each block at level M (table 9), versions 1 to 10. */
const ALIGNMENT = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
];
const BLOCKS = [
  [16],
  [28],
  [44],
  [32, 32],
  [43, 43],
  [27, 27, 27, 27],
  [31, 31, 31, 31],
  [38, 38, 39, 39],
  [36, 36, 36, 37, 37],
  [43, 43, 43, 43, 44],
];

describe('QR codes', () => {
  it('carry an address', () => {
    const address = 'http://192.168.1.20:89/player/lesson';
    assert.equal(decodeQr(encodeQr(address)), address);
  });

  it('carry any text that fits, in the smallest version', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        assert.equal(decodeQr(encodeQr(text)), text.toWellFormed());
      }),
      { seed: 18004, numRuns: 60 },
    );
    assert.equal(encodeQr('').length, 21);
    assert.equal(encodeQr('x'.repeat(14)).length, 21);
    assert.equal(encodeQr('x'.repeat(15)).length, 25);
  });

  it('carry as much as the standard says for a version', () => {
    const full = 'x'.repeat(213);
    assert.equal(encodeQr(full).length, 57, 'version 10');
    assert.equal(decodeQr(encodeQr(full)), full);
  });

  it('have error correction that checks: the block is divisible by the generator', () => {
    // Version 1 has one block: its 26 codewords are a polynomial with the roots 1, 2, 4, … 2^9.
    const { codewords } = readCodewords(encodeQr('ams gateway'));
    assert.equal(codewords.length, 26);
    const times = (a: number, b: number): number => {
      let product = 0;
      for (let bit = 0; bit < 8; bit += 1) if ((b >> bit) & 1) product ^= a << bit;
      for (let bit = 14; bit >= 8; bit -= 1)
        if ((product >> bit) & 1) product ^= 0x11d << (bit - 8);
      return product;
    };
    let root = 1;
    for (let i = 0; i < 10; i += 1) {
      assert.equal(
        codewords.reduce((sum, word) => times(sum, root) ^ word, 0),
        0,
        `root ${i}`,
      );
      root = times(root, 2);
    }
  });

  it('refuse what no code can hold', () => {
    assert.throws(() => encodeQr('x'.repeat(413)), /413 bytes/);
    assert.equal(encodeQr('x'.repeat(412)).length, 77);
  });
});
