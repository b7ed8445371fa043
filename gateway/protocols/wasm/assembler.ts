/**
 * A little assembler for WebAssembly (core specification 2.0, chapter 5): as much of it as code needs
 * that works on vectors in a memory. Code is an array of bytes; instructions are arrays that are joined.
 * They have the specification's names: `i32x4.gt_s` is that of `i32x4`.
 */

export type Code = readonly number[];

const I32 = 0x7f;
export const V128 = 0x7b;
/** A block without parameters or results. */
const EMPTY = 0x40;
/** The type of a function; what is exported as what. */
const FUNCTION_TYPE = 0x60;
const EXPORTED = { function: 0, memory: 2 } as const;
/** A memory without an upper limit. */
const UNLIMITED = 0;
const SECTION = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;
const MAGIC = [0, 0x61, 0x73, 0x6d];
const VERSION = [1, 0, 0, 0];

/** Opcodes (5.4); those of vectors follow a prefix. */
const OPCODE = {
  loop: 0x03,
  end: 0x0b,
  br_if: 0x0d,
  'local.get': 0x20,
  'local.set': 0x21,
  'local.tee': 0x22,
  'i32.const': 0x41,
  'i32.lt_u': 0x49,
  'i32.add': 0x6a,
  vector: 0xfd,
} as const;
const VECTOR_OPCODE = {
  'v128.load': 0,
  'v128.store': 11,
  'v128.const': 12,
  'i8x16.shuffle': 13,
  'i32x4.gt_s': 59,
  'v128.and': 78,
  'v128.or': 80,
  'v128.xor': 81,
  'i32x4.shl': 171,
  'i32x4.shr_u': 173,
  'i32x4.add': 174,
} as const;
/** Alignment of a load or store, as a power of two: none is promised. */
const UNALIGNED = 0;

/** Unsigned LEB128 (5.2.2). */
const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

/** Signed LEB128. */
const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const name = (text: string): number[] => list([...Buffer.from(text)].map((byte) => [byte]));
const section = (id: number, content: Code): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const vector = (name: keyof typeof VECTOR_OPCODE): Code => [
  OPCODE.vector,
  ...unsigned(VECTOR_OPCODE[name]),
];

export const local = {
  get: (index: number): Code => [OPCODE['local.get'], ...unsigned(index)],
  set: (index: number): Code => [OPCODE['local.set'], ...unsigned(index)],
  tee: (index: number): Code => [OPCODE['local.tee'], ...unsigned(index)],
};

export const i32 = {
  const: (value: number): Code => [OPCODE['i32.const'], ...signed(value)],
  lt_u: [OPCODE['i32.lt_u']] as Code,
  add: [OPCODE['i32.add']] as Code,
};

/** Vectors of 16 bytes. */
export const v128 = {
  load: (offset: number): Code => [...vector('v128.load'), UNALIGNED, ...unsigned(offset)],
  store: (offset: number): Code => [...vector('v128.store'), UNALIGNED, ...unsigned(offset)],
  /** Four words. */
  const: (words: readonly number[]): Code => [
    ...vector('v128.const'),
    ...words.flatMap((word) => [
      word & 0xff,
      (word >>> 8) & 0xff,
      (word >>> 16) & 0xff,
      word >>> 24,
    ]),
  ],
  and: vector('v128.and'),
  or: vector('v128.or'),
  xor: vector('v128.xor'),
};

/** … as 16 bytes. */
export const i8x16 = {
  /** Picks 16 bytes of two vectors' 32. */
  shuffle: (bytes: readonly number[]): Code => [...vector('i8x16.shuffle'), ...bytes],
};

/** … as four words of 32 bits. */
export const i32x4 = {
  gt_s: vector('i32x4.gt_s'),
  shl: vector('i32x4.shl'),
  shr_u: vector('i32x4.shr_u'),
  add: vector('i32x4.add'),
};

/** Repeats `body` while what it leaves on the stack is not 0. */
export const repeatWhile = (body: Code): Code => [
  ...[OPCODE.loop, EMPTY],
  ...body,
  ...[OPCODE.br_if, 0, OPCODE.end],
];

/** A function that takes words and answers nothing. Parameters are its first locals. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  /** Types of the locals that follow. */
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module (5.5) of these functions and a memory of so many pages of 64 KiB; exports them all. */
export const assemble = (functions: readonly WasmFunction[], pages: number): Uint8Array => {
  const types = functions.map(({ parameters }) => {
    const types = new Array<Code>(parameters).fill([I32]);
    return [FUNCTION_TYPE, ...list(types), 0];
  });
  const exports = functions.map((one, index) => [
    ...name(one.name),
    EXPORTED.function,
    ...unsigned(index),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...list(locals.map((type) => [1, type])), ...body, OPCODE.end];
    return [...unsigned(code.length), ...code];
  });
  return Uint8Array.from([
    ...MAGIC,
    ...VERSION,
    ...section(SECTION.type, list(types)),
    ...section(SECTION.function, list(functions.map((_, index) => unsigned(index)))),
    ...section(SECTION.memory, list([[UNLIMITED, ...unsigned(pages)]])),
    ...section(SECTION.export, list([[...name('memory'), EXPORTED.memory, 0], ...exports])),
    ...section(SECTION.code, list(bodies)),
  ]);
};

/** What of WebAssembly's JavaScript interface is used: Node.js has it, its types do not. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
  validate(bytes: Uint8Array): boolean;
};

/** What every module of `assemble` exports besides its functions. */
export interface WasmExports {
  readonly memory: { readonly buffer: ArrayBuffer };
}

/** Makes a module's functions callable; `T` says which they are. Undefined where the processor lacks
 *  what the module takes: vectors need SSE4.1 on x86, which some virtual machines do not show. */
export const instantiate = <T extends WasmExports>(bytes: Uint8Array): T | undefined =>
  WebAssembly.validate(bytes)
    ? (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as T)
    : undefined;
