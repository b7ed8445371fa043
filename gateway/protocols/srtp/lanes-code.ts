/**
 * WebAssembly for `PacketLanes`: SHA-1 of four messages at a time, one in each word of a vector
 * (FIPS 180-4, 6.1), and what AES in counter mode takes around the cipher.
 */
import type { Code, WasmFunction } from '../wasm/assembler.ts';
import { assemble, i32, i32x4, i8x16, local, repeatWhile, V128, v128 } from '../wasm/assembler.ts';

export const LANES = 4;
/** From one message to the next, bytes. */
export const LANE_BYTES = 1408;
/** Counter blocks of a packet at most: `count` counts in one byte of the two that RFC 3711, 4.1.1 has. */
export const MAX_COUNTER_BLOCKS = 256;
/** Where four words lie for each word of the hash, and four counts of blocks. */
export const STATE_AT = 0;
export const COUNTS_AT = 80;

/** The locals of `hash`: two parameters, then vectors. */
const [AT, END] = [0, 1];
const range = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);
const state = range(2, 5);
const before = range(7, 5);
const schedule = range(12, 16);
const pairs = range(28, 4);
const [SPARE, COUNTS, INDEX] = [32, 33, 34];
const VECTORS = 33;

const constants = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
const all = (word: number): Code => v128.const([word, word, word, word]);

const rotate = (value: Code, bits: number): Code => [
  ...value,
  ...i32.const(bits),
  ...i32x4.shl,
  ...value,
  ...i32.const(32 - bits),
  ...i32x4.shr_u,
  ...v128.or,
];

/** The functions of section 4.1.1, in forms that take the fewest instructions. */
const mix = (round: number, b: Code, c: Code, d: Code): Code => {
  if (round < 20) return [...d, ...b, ...c, ...d, ...v128.xor, ...v128.and, ...v128.xor];
  const parity = [...b, ...c, ...v128.xor];
  if (round < 40 || round >= 60) return [...parity, ...d, ...v128.xor];
  return [...b, ...c, ...v128.and, ...d, ...parity, ...v128.and, ...v128.xor];
};

const rounds = (): Code => {
  const code: number[] = [];
  let names = state;
  for (let round = 0; round < 80; round++) {
    const word = (back: number): Code => local.get(schedule[(round - back) & 15]!);
    if (round >= 16) {
      const mixed = [...word(3), ...word(8), ...v128.xor, ...word(14), ...v128.xor];
      code.push(...mixed, ...word(16), ...v128.xor, ...local.set(SPARE));
      code.push(...rotate(local.get(SPARE), 1), ...local.set(schedule[round & 15]!));
    }
    const [a, b, c, d, e] = names.map(local.get) as [Code, Code, Code, Code, Code];
    // The sum of what is known early comes first: `a` is the newest.
    code.push(...word(0), ...all(constants[Math.floor(round / 20)]!), ...i32x4.add);
    code.push(...e, ...i32x4.add, ...mix(round, b, c, d), ...i32x4.add);
    code.push(...rotate(a, 5), ...i32x4.add, ...local.set(names[4]!));
    code.push(...rotate(b, 30), ...local.set(names[1]!));
    names = [names[4]!, ...names.slice(0, 4)];
  }
  return code;
};

const bytesOf = (word: number): number[] => [0, 1, 2, 3].map((byte) => word * 4 + byte);
const pick = (...words: number[]): Code => i8x16.shuffle(words.flatMap(bytesOf));
const toLittleEndian = i8x16.shuffle([0, 1, 2, 3].flatMap((word) => bytesOf(word).reverse()));

/** Four words of each message become four vectors: a 4 × 4 matrix is transposed. */
const loadFour = (group: number): Code => {
  const four = schedule.slice(group * 4, group * 4 + 4);
  const code = four.flatMap((register, lane) => [
    ...local.get(AT),
    ...v128.load(lane * LANE_BYTES + group * 16),
    ...local.set(register),
  ]);
  const pair = (to: number, one: number, other: number, words: Code): void => {
    code.push(...local.get(one), ...local.get(other), ...words, ...local.set(to));
  };
  const [first, second, third, fourth] = four as [number, number, number, number];
  pair(pairs[0]!, first, second, pick(0, 4, 1, 5));
  pair(pairs[1]!, third, fourth, pick(0, 4, 1, 5));
  pair(pairs[2]!, first, second, pick(2, 6, 3, 7));
  pair(pairs[3]!, third, fourth, pick(2, 6, 3, 7));
  for (const [index, register] of four.entries()) {
    const from = index < 2 ? 0 : 2;
    pair(SPARE, pairs[from]!, pairs[from + 1]!, index % 2 ? pick(2, 3, 6, 7) : pick(0, 1, 4, 5));
    pair(register, SPARE, SPARE, toLittleEndian);
  }
  return code;
};

/**
 * `hash(at, end)`: takes the messages' blocks, of the first lane those from `at` to `end`, into the
 * hash at `STATE_AT`. Of each lane only so many count as `COUNTS_AT` says.
 */
const hashFunction: WasmFunction = {
  name: 'hash',
  parameters: 2,
  locals: new Array<number>(VECTORS).fill(V128),
  body: [
    ...[...i32.const(COUNTS_AT), ...v128.load(0), ...local.set(COUNTS)],
    ...state.flatMap((register, word) => [
      ...i32.const(STATE_AT),
      ...v128.load(word * 16),
      ...local.set(register),
    ]),
    ...repeatWhile([
      ...state.flatMap((register, word) => [...local.get(register), ...local.set(before[word]!)]),
      ...[0, 1, 2, 3].flatMap(loadFour),
      ...rounds(),
      // What is added is masked: a lane whose blocks are done stays as it is.
      ...[...local.get(COUNTS), ...local.get(INDEX), ...i32x4.gt_s, ...local.set(SPARE)],
      ...state.flatMap((register, word) => [
        ...[...local.get(register), ...local.get(SPARE), ...v128.and],
        ...[...local.get(before[word]!), ...i32x4.add, ...local.set(register)],
      ]),
      ...[...local.get(INDEX), ...all(1), ...i32x4.add, ...local.set(INDEX)],
      ...[...local.get(AT), ...i32.const(64), ...i32.add, ...local.tee(AT)],
      ...[...local.get(END), ...i32.lt_u],
    ]),
    ...state.flatMap((register, word) => [
      ...i32.const(STATE_AT),
      ...local.get(register),
      ...v128.store(word * 16),
    ]),
  ],
};

/** `xor(at, stream, end)`: the bytes from `at` to `end`, and up to 15 more, with those from `stream` on. */
const xorFunction: WasmFunction = {
  name: 'xor',
  parameters: 3,
  locals: [],
  body: repeatWhile([
    ...local.get(0),
    ...[...local.get(0), ...v128.load(0), ...local.get(1), ...v128.load(0), ...v128.xor],
    ...v128.store(0),
    ...[...local.get(1), ...i32.const(16), ...i32.add, ...local.set(1)],
    ...[...local.get(0), ...i32.const(16), ...i32.add, ...local.tee(0)],
    ...[...local.get(2), ...i32.lt_u],
  ]),
};

/** The local of `count`. */
const COUNTER = 2;

/** `count(at, end)`: fills the memory with counter blocks that follow the one that lies at `at`. The
 *  last byte alone counts, so there are at most `MAX_COUNTER_BLOCKS`. */
const countFunction: WasmFunction = {
  name: 'count',
  parameters: 2,
  locals: [V128],
  body: [
    ...[...local.get(0), ...v128.load(0), ...local.set(COUNTER)],
    ...repeatWhile([
      ...[...local.get(0), ...local.get(COUNTER), ...v128.store(0)],
      ...[
        ...local.get(COUNTER),
        ...v128.const([0, 0, 0, 1 << 24]),
        ...i32x4.add,
        ...local.set(COUNTER),
      ],
      ...[...local.get(0), ...i32.const(16), ...i32.add, ...local.tee(0)],
      ...[...local.get(1), ...i32.lt_u],
    ]),
  ],
};

/** The module, with a memory of so many pages of 64 KiB. */
export const assembleLanes = (pages: number): Uint8Array =>
  assemble([hashFunction, xorFunction, countFunction], pages);
