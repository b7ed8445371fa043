/**
 * QR codes (ISO/IEC 18004): byte mode, error correction level M, the smallest version that fits,
 * the best of the eight masks. Free of DOM.
 */

/** For each version from 1: codewords in all, error-correction codewords a block, blocks; level M. */
const VERSIONS: readonly (readonly [codewords: number, correction: number, blocks: number])[] = [
  [26, 10, 1],
  [44, 16, 1],
  [70, 26, 1],
  [100, 18, 2],
  [134, 24, 2],
  [172, 16, 4],
  [196, 18, 4],
  [242, 22, 4],
  [292, 22, 5],
  [346, 26, 5],
  [404, 30, 5],
  [466, 22, 8],
  [532, 22, 9],
  [581, 24, 9],
  [655, 24, 10],
];

/** Level M in the format information (table 12). */
const LEVEL_M = 0b00;

type Matrix = (boolean | undefined)[][];

/**
 * Encodes `text` as UTF-8; the answer's rows hold `true` for dark modules, without a quiet zone.
 * Throws a RangeError for more than 412 bytes, which no address of the gateway has.
 */
export function encodeQr(text: string): boolean[][] {
  const data = new TextEncoder().encode(text);
  const version = VERSIONS.findIndex((_, index) => data.length <= capacity(index + 1)) + 1;
  if (version === 0) {
    throw new RangeError(`A QR code of ${data.length} bytes was asked for; at most 412 fit.`);
  }
  const codewords = interleave(dataCodewords(data, version), version);
  const base = functionPatterns(version);
  let best: boolean[][] = [];
  let least = Infinity;
  for (let mask = 0; mask < 8; mask += 1) {
    const filled = fill(base, codewords, mask, version);
    const penalty = penaltyOf(filled);
    if (penalty < least) {
      least = penalty;
      best = filled;
    }
  }
  return best;
}

function row(version: number): readonly [number, number, number] {
  return VERSIONS[version - 1] ?? [0, 0, 0];
}

function dataSize(version: number): number {
  const [codewords, correction, blocks] = row(version);
  return codewords - correction * blocks;
}

/** Bytes of text that a version holds, after mode (4 bits) and length (8 bits, from 10 on 16). */
function capacity(version: number): number {
  return dataSize(version) - (version < 10 ? 2 : 3);
}

/** Mode, length, data, terminator and padding (7.4). */
function dataCodewords(data: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const push = (value: number, length: number) => {
    for (let i = length - 1; i >= 0; i -= 1) bits.push((value >> i) & 1);
  };
  push(0b0100, 4);
  push(data.length, version < 10 ? 8 : 16);
  for (const byte of data) push(byte, 8);
  const size = dataSize(version);
  push(0, Math.min(4, size * 8 - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  const bytes: number[] = [];
  for (let i = 0; i < bits.length; i += 8) {
    bytes.push(bits.slice(i, i + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
  }
  for (let pad = 0xec; bytes.length < size; pad ^= 0xec ^ 0x11) bytes.push(pad);
  return bytes;
}

/** Splits into blocks, adds error correction, and takes the blocks' codewords in turn (7.5, 7.6). */
function interleave(data: readonly number[], version: number): number[] {
  const [codewords, correction, count] = row(version);
  const shortLength = Math.floor(codewords / count) - correction;
  const longBlocks = codewords % count;
  const generator = generatorOf(correction);
  const blocks: { data: readonly number[]; correction: number[] }[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const length = shortLength + (i >= count - longBlocks ? 1 : 0);
    const part = data.slice(at, at + length);
    at += length;
    blocks.push({ data: part, correction: remainder(part, generator) });
  }
  const result: number[] = [];
  for (let i = 0; i <= shortLength; i += 1) {
    for (const block of blocks) {
      const codeword = block.data[i];
      if (codeword !== undefined) result.push(codeword);
    }
  }
  for (let i = 0; i < correction; i += 1) {
    for (const block of blocks) result.push(block.correction[i] ?? 0);
  }
  return result;
}

/** Multiplication in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let i = 7; i >= 0; i -= 1) {
    product = (product << 1) ^ (product >> 7 ? 0x11d : 0);
    if ((b >> i) & 1) product ^= a;
  }
  return product & 0xff;
}

/** Coefficients of the Reed-Solomon generator polynomial, without the leading 1 (annex A). */
function generatorOf(degree: number): number[] {
  const result = new Array<number>(degree).fill(0);
  result[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i += 1) {
    for (let j = 0; j < degree; j += 1) {
      result[j] = multiply(result[j] ?? 0, root) ^ (result[j + 1] ?? 0);
    }
    root = multiply(root, 2);
  }
  return result;
}

function remainder(data: readonly number[], generator: readonly number[]): number[] {
  const result = generator.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    generator.forEach((coefficient, i) => {
      result[i] = (result[i] ?? 0) ^ multiply(coefficient, factor);
    });
  }
  return result;
}

/** Everything that is not data: finders, timing, alignment, version; format modules are reserved. */
function functionPatterns(version: number): Matrix {
  const size = version * 4 + 17;
  const matrix: Matrix = Array.from({ length: size }, () => new Array<undefined>(size));
  const set = (x: number, y: number, dark: boolean) => {
    const line = matrix[y];
    if (line !== undefined && x >= 0 && x < size) line[x] = dark;
  };
  for (let i = 0; i < size; i += 1) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  const positions = alignmentPositions(version, size);
  for (const [i, y] of positions.entries()) {
    for (const [j, x] of positions.entries()) {
      const last = positions.length - 1;
      if ((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0)) continue;
      square(2, (dx, dy, ring) => set(x + dx, y + dy, ring !== 1));
    }
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    square(4, (dx, dy, ring) => set(x + dx, y + dy, ring !== 2 && ring !== 4));
  }
  for (let i = 0; i < 9; i += 1) {
    if (i !== 6) {
      set(8, i, false);
      set(i, 8, false);
    }
    if (i < 8) {
      set(size - 1 - i, 8, false);
      set(8, size - 1 - i, false);
    }
  }
  if (version >= 7) {
    const bits = withRemainder(version, 12, 0x1f25);
    for (let i = 0; i < 18; i += 1) {
      const dark = ((bits >> i) & 1) === 1;
      const far = size - 11 + (i % 3);
      const near = Math.floor(i / 3);
      set(far, near, dark);
      set(near, far, dark);
    }
  }
  return matrix;
}

/** Visits a square of modules around a centre with its distance in rings. */
function square(radius: number, visit: (dx: number, dy: number, ring: number) => void): void {
  for (let dy = -radius; dy <= radius; dy += 1) {
    for (let dx = -radius; dx <= radius; dx += 1) {
      visit(dx, dy, Math.max(Math.abs(dx), Math.abs(dy)));
    }
  }
}

/** Centres of alignment patterns along one axis (annex E; evenly spaced, which holds below 32). */
function alignmentPositions(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((size - 13) / (2 * count - 2)) * 2;
  const positions = [6];
  for (let at = size - 7; positions.length < count; at -= step) positions.splice(1, 0, at);
  return positions;
}

/** A value followed by its BCH remainder: format information (7.9) and version information (7.10). */
function withRemainder(value: number, length: number, polynomial: number): number {
  let rest = value;
  for (let i = 0; i < length; i += 1) rest = (rest << 1) ^ ((rest >> (length - 1)) * polynomial);
  return (value << length) | rest;
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** Places the codewords in their zigzag (7.7.3), masks them, and writes the format information. */
function fill(
  base: Matrix,
  codewords: readonly number[],
  mask: number,
  version: number,
): boolean[][] {
  const size = version * 4 + 17;
  const matrix = base.map((line) => [...line]);
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const upward = ((right + 1) & 2) === 0;
      const y = upward ? size - 1 - step : step;
      const line = matrix[y] ?? [];
      for (const x of [right, right - 1]) {
        if (line[x] !== undefined) continue;
        const dark = (((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
        line[x] = dark !== (MASKS[mask]?.(x, y) ?? false);
        bit += 1;
      }
    }
  }
  writeFormat(matrix, mask, size);
  return matrix.map((line) => line.map((dark) => dark === true));
}

function writeFormat(matrix: Matrix, mask: number, size: number): void {
  const bits = withRemainder((LEVEL_M << 3) | mask, 10, 0x537) ^ 0x5412;
  const set = (x: number, y: number, i: number) => {
    const line = matrix[y];
    if (line !== undefined) line[x] = ((bits >> i) & 1) === 1;
  };
  for (let i = 0; i < 15; i += 1) {
    // Around the upper left finder, stepping over the timing pattern.
    if (i < 8) set(8, i < 6 ? i : i + 1, i);
    else set(i === 8 ? 7 : 14 - i, 8, i);
    // Beside the other two.
    if (i < 8) set(size - 1 - i, 8, i);
    else set(8, size - 15 + i, i);
  }
  const line = matrix[size - 8];
  if (line !== undefined) line[8] = true;
}

/** The four features of table 11 that make a code hard to scan. */
function penaltyOf(matrix: readonly (readonly boolean[])[]): number {
  const size = matrix.length;
  const columns = matrix.map((_, x) => matrix.map((line) => line[x] === true));
  let penalty = 0;
  for (const lines of [matrix, columns]) {
    for (const line of lines) {
      const text = line.map(Number).join('');
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2;
      penalty += 40 * count(text, '10111010000') + 40 * count(text, '00001011101');
    }
  }
  for (let y = 0; y + 1 < size; y += 1) {
    for (let x = 0; x + 1 < size; x += 1) {
      const dark = matrix[y]?.[x];
      if (
        dark === matrix[y]?.[x + 1] &&
        dark === matrix[y + 1]?.[x] &&
        dark === matrix[y + 1]?.[x + 1]
      ) {
        penalty += 3;
      }
    }
  }
  const share = matrix.flat().filter(Boolean).length / size ** 2;
  return penalty + Math.floor(Math.abs(share * 20 - 10)) * 10;
}

function count(text: string, pattern: string): number {
  let found = 0;
  for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + 1)) found += 1;
  return found;
}
