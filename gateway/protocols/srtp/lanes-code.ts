/**
 * WebAssembly for `PacketLanes`: SHA-1 of four messages at a time, one in each word of a vector
 * (FIPS 180-4, 6.1), and what AES in counter mode takes around the cipher.
 */
import type { Code, WasmFunction } from '../wasm/assembler.ts';
import {
  assemble,
  getLocal,
  i32,
  repeatWhile,
  setLocal,
  teeLocal,
  V128,
  v128,
} from '../wasm/assembler.ts';

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
  ...v128.shiftLeft,
  ...value,
  ...i32.const(32 - bits),
  ...v128.shiftRight,
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
    const word = (back: number): Code => getLocal(schedule[(round - back) & 15]!);
    if (round >= 16) {
      const mixed = [...word(3), ...word(8), ...v128.xor, ...word(14), ...v128.xor];
      code.push(...mixed, ...word(16), ...v128.xor, ...setLocal(SPARE));
      code.push(...rotate(getLocal(SPARE), 1), ...setLocal(schedule[round & 15]!));
    }
    const [a, b, c, d, e] = names.map(getLocal) as [Code, Code, Code, Code, Code];
    // The sum of what is known early comes first: `a` is the newest.
    code.push(...word(0), ...all(constants[Math.floor(round / 20)]!), ...v128.add);
    code.push(...e, ...v128.add, ...mix(round, b, c, d), ...v128.add);
    code.push(...rotate(a, 5), ...v128.add, ...setLocal(names[4]!));
    code.push(...rotate(b, 30), ...setLocal(names[1]!));
    names = [names[4]!, ...names.slice(0, 4)];
  }
  return code;
};

const bytesOf = (word: number): number[] => [0, 1, 2, 3].map((byte) => word * 4 + byte);
const pick = (...words: number[]): Code => v128.shuffle(words.flatMap(bytesOf));
const toLittleEndian = v128.shuffle([0, 1, 2, 3].flatMap((word) => bytesOf(word).reverse()));

/** Four words of each message become four vectors: a 4 × 4 matrix is transposed. */
const loadFour = (group: number): Code => {
  const four = schedule.slice(group * 4, group * 4 + 4);
  const code = four.flatMap((local, lane) => [
    ...getLocal(AT),
    ...v128.load(lane * LANE_BYTES + group * 16),
    ...setLocal(local),
  ]);
  const pair = (to: number, one: number, other: number, words: Code): void => {
    code.push(...getLocal(one), ...getLocal(other), ...words, ...setLocal(to));
  };
  const [first, second, third, fourth] = four as [number, number, number, number];
  pair(pairs[0]!, first, second, pick(0, 4, 1, 5));
  pair(pairs[1]!, third, fourth, pick(0, 4, 1, 5));
  pair(pairs[2]!, first, second, pick(2, 6, 3, 7));
  pair(pairs[3]!, third, fourth, pick(2, 6, 3, 7));
  for (const [index, local] of four.entries()) {
    const from = index < 2 ? 0 : 2;
    pair(SPARE, pairs[from]!, pairs[from + 1]!, index % 2 ? pick(2, 3, 6, 7) : pick(0, 1, 4, 5));
    pair(local, SPARE, SPARE, toLittleEndian);
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
    ...[...i32.const(COUNTS_AT), ...v128.load(0), ...setLocal(COUNTS)],
    ...state.flatMap((local, word) => [
      ...i32.const(STATE_AT),
      ...v128.load(word * 16),
      ...setLocal(local),
    ]),
    ...repeatWhile([
      ...state.flatMap((local, word) => [...getLocal(local), ...setLocal(before[word]!)]),
      ...[0, 1, 2, 3].flatMap(loadFour),
      ...rounds(),
      // What is added is masked: a lane whose blocks are done stays as it is.
      ...[...getLocal(COUNTS), ...getLocal(INDEX), ...v128.greaterSigned, ...setLocal(SPARE)],
      ...state.flatMap((local, word) => [
        ...[...getLocal(local), ...getLocal(SPARE), ...v128.and],
        ...[...getLocal(before[word]!), ...v128.add, ...setLocal(local)],
      ]),
      ...[...getLocal(INDEX), ...all(1), ...v128.add, ...setLocal(INDEX)],
      ...[...getLocal(AT), ...i32.const(64), ...i32.add, ...teeLocal(AT)],
      ...[...getLocal(END), ...i32.lessUnsigned],
    ]),
    ...state.flatMap((local, word) => [
      ...i32.const(STATE_AT),
      ...getLocal(local),
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
    ...getLocal(0),
    ...[...getLocal(0), ...v128.load(0), ...getLocal(1), ...v128.load(0), ...v128.xor],
    ...v128.store(0),
    ...[...getLocal(1), ...i32.const(16), ...i32.add, ...setLocal(1)],
    ...[...getLocal(0), ...i32.const(16), ...i32.add, ...teeLocal(0)],
    ...[...getLocal(2), ...i32.lessUnsigned],
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
    ...[...getLocal(0), ...v128.load(0), ...setLocal(COUNTER)],
    ...repeatWhile([
      ...[...getLocal(0), ...getLocal(COUNTER), ...v128.store(0)],
      ...[
        ...getLocal(COUNTER),
        ...v128.const([0, 0, 0, 1 << 24]),
        ...v128.add,
        ...setLocal(COUNTER),
      ],
      ...[...getLocal(0), ...i32.const(16), ...i32.add, ...teeLocal(0)],
      ...[...getLocal(1), ...i32.lessUnsigned],
    ]),
  ],
};

/** The module, with a memory of so many pages of 64 KiB. */
export const assembleLanes = (pages: number): Uint8Array =>
  assemble([hashFunction, xorFunction, countFunction], pages);
